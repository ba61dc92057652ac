/// Estimates how many different values there are (Apache DataSketches, theta family, quick select).
///
/// Of the hashes of all values those below a threshold, theta, are kept: their number divided by theta is
/// the estimate. When there are too many, theta falls so that the smallest 2^`lgNominal` remain. Values are
/// hashed in Iceberg's single-value serialisation (Puffin specification, `apache-datasketches-theta-v1`).
public struct ThetaSketch: Sendable {
  /// The seed that sketches share by default.
  public static let defaultSeed: UInt64 = 9001
  /// The seed of the hashes; only sketches of one seed can be merged.
  public let seed: UInt64
  /// The logarithm of the number of hashes that are kept.
  public let lgNominal: Int
  /// The threshold as a fraction of 2⁶³; hashes have 63 bits.
  var theta = ThetaSketch.full
  /// Open addressing: 0 for free, which no hash is.
  private var table: [UInt64]
  private(set) var count = 0
  private(set) var isEmpty = true

  static let full = UInt64(Int64.max)

  /// Makes a sketch of no values.
  ///
  /// - Parameters:
  ///   - lgNominal: 4 to 26; 12 keeps 4,096 hashes, an error of 1.6 % (one standard deviation).
  ///   - seed: The seed.
  public init(lgNominal: Int = 12, seed: UInt64 = ThetaSketch.defaultSeed) {
    precondition(lgNominal >= 4 && lgNominal <= 26)
    (self.lgNominal, self.seed) = (lgNominal, seed)
    table = [UInt64](repeating: 0, count: 64)
  }

  /// Takes a value in its single-value serialisation.
  public mutating func update(_ value: Span<UInt8>) {
    insert(Murmur3.hash128(value, seed: seed).first &>> 1)
  }

  /// Takes a value whose serialisation is eight little-endian bytes: long, timestamp, or a double's bits.
  public mutating func update(_ value: Int64) { insert(Murmur3.hash128(value, seed: seed).first &>> 1) }

  /// Takes a hash: the first half of MurmurHash3 x64-128, shifted right by one.
  mutating func insert(_ hash: UInt64) {
    isEmpty = false
    guard hash != 0, hash < theta else { return }
    let mask = table.count &- 1
    // The low bits find the place; the threshold cuts by the high ones.
    var place = Int(truncatingIfNeeded: hash) & mask
    while table[place] != 0 {
      if table[place] == hash { return }
      place = (place &+ 1) & mask
    }
    table[place] = hash
    count &+= 1
    if count &* 4 > table.count &* 3 { makeRoom() }
  }

  private mutating func makeRoom() {
    if table.count < 4 << lgNominal {
      rebuild(table.filter { $0 != 0 }, tableCount: table.count * 2)
    } else {
      trim()
    }
  }

  /// Lowers theta so that no more than the nominal number of hashes is kept.
  private mutating func trim() {
    guard count > 1 << lgNominal else { return }
    let sorted = table.filter { $0 != 0 }.sorted()
    theta = sorted[1 << lgNominal]
    rebuild(Array(sorted[..<(1 << lgNominal)]), tableCount: table.count)
  }

  private mutating func rebuild(_ hashes: [UInt64], tableCount: Int) {
    table = [UInt64](repeating: 0, count: tableCount)
    for hash in hashes {
      var place = Int(truncatingIfNeeded: hash) & (tableCount - 1)
      while table[place] != 0 { place = (place &+ 1) & (tableCount - 1) }
      table[place] = hash
    }
    count = hashes.count
  }

  /// Takes all values that another sketch took.
  ///
  /// - Parameter other: A sketch of the same seed.
  /// - Throws: If the seeds differ.
  public mutating func merge(_ other: ThetaSketch) throws(FileFormatError) {
    guard seed == other.seed else { throw .unsupported("theta sketches of different seeds cannot be merged") }
    if other.isEmpty { return }
    isEmpty = false
    if other.theta < theta {
      theta = other.theta
      rebuild(table.filter { $0 != 0 && $0 < theta }, tableCount: table.count)
    }
    for hash in other.table where hash != 0 { insert(hash) }
    trim()
  }

  /// How many different values there probably are.
  public var estimate: Double {
    theta == Self.full ? Double(count) : Double(count) / (Double(theta) / Double(Self.full))
  }

  /// Whether the number is exact.
  public var isExact: Bool { theta == Self.full }

  /// The hashes that are kept, ascending, at most the nominal number.
  var hashes: [UInt64] { table.filter { $0 != 0 }.sorted() }
}

/// The compact form of DataSketches, serial version 3, little-endian.
///
/// ```
///  0            1   2           3  4  5       6           8           12        16           24
///  | preamble u8| 3 | family: 3 | 0| 0| flags | seed hash | count: u32| unused   | theta: u64 | hashes …
/// ```
/// The preamble counts 8-byte words: 1 if empty or of a single hash, which then follows; 2 if theta is 1
/// and hence left out; else 3. Flags: 2 read-only, 4 empty, 8 compact, 16 ordered; Java sets 32 on a single
/// hash, and 1.0 where the word is unused.
extension ThetaSketch {
  /// The hash of a seed, by which readers know that theirs is the same.
  static func seedHash(_ seed: UInt64) -> UInt16 {
    UInt16(truncatingIfNeeded: Murmur3.hash128(Int64(bitPattern: seed), seed: 0).first)
  }

  /// The sketch as a blob of type `apache-datasketches-theta-v1`.
  public var serialized: [UInt8] {
    var sketch = self
    sketch.trim()
    let hashes = sketch.hashes
    let words = !sketch.isExact ? 3 : hashes.count <= 1 ? 1 : 2
    var bytes: [UInt8] = []
    func put(_ value: UInt64, _ count: Int) {
      for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value &>> UInt64(8 &* index))) }
    }
    let flags: UInt64 = 2 | 8 | 16 | (isEmpty ? 4 : 0)
    put(UInt64(words), 1)
    put(3, 1)
    put(3, 1)
    put(0, 2)
    put(flags, 1)
    put(UInt64(Self.seedHash(seed)), 2)
    if words > 1 {
      put(UInt64(hashes.count), 4)
      put(0, 4)
    }
    if words > 2 { put(sketch.theta, 8) }
    for hash in hashes { put(hash, 8) }
    return bytes
  }

  /// Reads a compact sketch of serial version 3.
  ///
  /// - Parameters:
  ///   - bytes: The blob.
  ///   - lgNominal: How many hashes the sketch shall keep when it goes on.
  ///   - seed: The seed that its writer used.
  /// - Throws: If it is damaged, of another seed, or of a form we do not know.
  public init(
    serialized bytes: Span<UInt8>, lgNominal: Int = 12, seed: UInt64 = ThetaSketch.defaultSeed
  ) throws(FileFormatError) {
    self.init(lgNominal: lgNominal, seed: seed)
    func number(_ at: Int, _ count: Int) -> UInt64 {
      var value: UInt64 = 0
      for index in 0..<count { value |= UInt64(bytes[at &+ index]) &<< UInt64(8 &* index) }
      return value
    }
    guard bytes.count >= 8 else { throw .damaged("a theta sketch of \(bytes.count) bytes", offset: 0) }
    let words = Int(bytes[0] & 0x3F)
    let flags = bytes[5]
    guard bytes[1] == 3, bytes[2] == 3, flags & 1 == 0 else {
      throw .unsupported("a theta sketch of version \(bytes[1]), family \(bytes[2])", offset: 1)
    }
    // An empty sketch may leave the seed's hash out.
    if flags & 4 != 0 { return }
    guard number(6, 2) == UInt64(Self.seedHash(seed)) else {
      throw .unsupported("a theta sketch of another seed", offset: 6)
    }
    guard words >= 1, words <= 3, bytes.count >= words * 8 else {
      throw .damaged("a theta sketch with a preamble of \(words) words", offset: 0)
    }
    let announced = words == 1 ? 1 : Int(number(8, 4))
    guard announced * 8 == bytes.count - words * 8 else {
      throw .damaged("a theta sketch of \(announced) hashes in \(bytes.count) bytes", offset: 8)
    }
    if words == 3 { theta = number(16, 8) }
    guard theta > 0, theta <= Self.full else {
      throw .damaged("a theta sketch with a wrong theta", offset: 16)
    }
    isEmpty = false
    let limit = theta
    for index in 0..<announced {
      let hash = number(words * 8 + index * 8, 8)
      guard hash > 0, hash < limit else {
        throw .damaged("a hash of a theta sketch is not below theta", offset: words * 8 + index * 8)
      }
      insert(hash)
    }
  }
}
