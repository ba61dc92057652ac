/// The portable serialisation for 64 bits ("Roaring Bitmap specification", RoaringFormatSpec).
///
/// All numbers are little-endian.
/// ```
///  64 bits:  | number of bitmaps: u64 | high half: u32 | bitmap of 32 bits | high half … |
///  32 bits:  | cookie | keys | (offsets: u32 each) | containers … |
///    cookie  no run containers: 12346: u32 | containers: u32 |
///            else: 12347: u16 | containers - 1: u16 | one bit per container: is it runs? |
///    keys    per container: key: u16 | values - 1: u16
///    offsets absent if there are run containers and less than 4 containers
///    array   u16 each;  bitmap: 1024 x u64;  runs: number: u16, then first: u16 | length - 1: u16
/// ```
extension RoaringBitmap64 {
  /// Reads a set.
  ///
  /// - Parameter bytes: The portable form, and nothing behind it.
  /// - Throws: If it is damaged: counts, order and lengths are checked.
  public init(portable bytes: Span<UInt8>) throws(FileFormatError) {
    var reader = Reader()
    let bitmapCount = try reader.number(bytes, 8)
    // A bitmap has at least its key and its cookie.
    guard bitmapCount <= UInt64(bytes.count / 8) else {
      throw .damaged("a roaring bitmap announces \(bitmapCount) parts in \(bytes.count) bytes", offset: 0)
    }
    var previous: UInt64?
    for _ in 0..<bitmapCount {
      let key = try reader.number(bytes, 4)
      if let previous, key <= previous { throw reader.damaged("the parts of a roaring bitmap are unordered") }
      previous = key
      try read(bytes, &reader, high: key)
    }
    guard reader.position == bytes.count else {
      throw reader.damaged("there is more behind a roaring bitmap")
    }
  }

  private struct Reader {
    var position = 0

    func damaged(_ message: String) -> FileFormatError { .damaged(message, offset: position) }

    func require(_ count: Int, _ bytes: Span<UInt8>) throws(FileFormatError) {
      guard count <= bytes.count - position else { throw damaged("a roaring bitmap is cut off") }
    }

    mutating func number(_ bytes: Span<UInt8>, _ count: Int) throws(FileFormatError) -> UInt64 {
      try require(count, bytes)
      var value: UInt64 = 0
      for index in 0..<count { value |= UInt64(bytes[position &+ index]) &<< UInt64(8 &* index) }
      position += count
      return value
    }
  }

  private mutating func read(
    _ bytes: Span<UInt8>, _ reader: inout Reader, high: UInt64
  ) throws(FileFormatError) {
    let cookie = try reader.number(bytes, 4)
    let hasRuns = cookie & 0xFFFF == 12347
    guard hasRuns || cookie == 12346 else { throw reader.damaged("unknown roaring cookie \(cookie)") }
    let count = hasRuns ? Int(cookie &>> 16) + 1 : Int(try reader.number(bytes, 4))
    guard count <= 65536 else { throw reader.damaged("a roaring bitmap of \(count) containers") }
    let flags = reader.position
    if hasRuns {
      try reader.require((count + 7) / 8, bytes)
      reader.position += (count + 7) / 8
    }
    let keys = reader.position
    try reader.require(count * 4, bytes)
    reader.position += count * 4
    if !hasRuns || count >= 4 {
      // The containers lie in order without gaps, so that nothing needs their offsets.
      try reader.require(count * 4, bytes)
      reader.position += count * 4
    }
    var header = Reader(position: keys)
    var previous: UInt64?
    for index in 0..<count {
      let key = try header.number(bytes, 2)
      let cardinality = Int(try header.number(bytes, 2)) + 1
      if let previous, key <= previous { throw reader.damaged("the keys of a roaring bitmap are unordered") }
      previous = key
      let isRuns = hasRuns && bytes[flags + index / 8] &>> UInt8(index & 7) & 1 == 1
      let container = try container(bytes, &reader, cardinality: cardinality, isRuns: isRuns)
      entries.append(Entry(key: high &<< 16 | key, container: container))
    }
  }

  private func container(
    _ bytes: Span<UInt8>, _ reader: inout Reader, cardinality: Int, isRuns: Bool
  ) throws(FileFormatError) -> Container {
    if isRuns {
      let count = Int(try reader.number(bytes, 2))
      try reader.require(count * 4, bytes)
      var runs: [Run] = []
      runs.reserveCapacity(count)
      for _ in 0..<count {
        let first = try reader.number(bytes, 2)
        let last = first + (try reader.number(bytes, 2))
        if last > 65535 || (runs.last.map { UInt64($0.last) >= first } ?? false) {
          throw reader.damaged("a run of a roaring bitmap is out of order")
        }
        runs.append(Run(first: UInt16(first), last: UInt16(last)))
      }
      guard !runs.isEmpty else { throw reader.damaged("a container of a roaring bitmap is empty") }
      return .runs(runs)
    }
    if cardinality <= Self.arrayLimit {
      try reader.require(cardinality * 2, bytes)
      var values: [UInt16] = []
      values.reserveCapacity(cardinality)
      for _ in 0..<cardinality {
        let value = UInt16(truncatingIfNeeded: try reader.number(bytes, 2))
        if let last = values.last, value <= last {
          throw reader.damaged("the values of a roaring bitmap are unordered")
        }
        values.append(value)
      }
      return .array(values)
    }
    try reader.require(8192, bytes)
    var words = [UInt64](repeating: 0, count: 1024)
    var count = 0
    for word in 0..<1024 {
      words[word] = try reader.number(bytes, 8)
      count &+= words[word].nonzeroBitCount
    }
    guard count == cardinality else {
      throw reader.damaged("a container of a roaring bitmap has \(count) values, it says \(cardinality)")
    }
    return .bits(words, count: count)
  }

  /// The set in the portable form; each container as it is smallest.
  public var portable: [UInt8] {
    var bytes: [UInt8] = []
    func put(_ value: UInt64, _ count: Int) {
      for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value &>> UInt64(8 &* index))) }
    }
    var groups: [Range<Int>] = []
    for place in entries.indices {
      if let last = groups.last, entries[last.lowerBound].key &>> 16 == entries[place].key &>> 16 {
        groups[groups.count - 1] = last.lowerBound..<place + 1
      } else {
        groups.append(place..<place + 1)
      }
    }
    put(UInt64(groups.count), 8)
    for group in groups {
      put(entries[group.lowerBound].key &>> 16, 4)
      let containers = entries[group].map { $0.container.smallest }
      let start = bytes.count
      let isRuns = containers.map { container in
        if case .runs = container { true } else { false }
      }
      let hasRuns = isRuns.contains(true)
      if hasRuns {
        put(12347 | UInt64(containers.count - 1) &<< 16, 4)
        var flags = [UInt8](repeating: 0, count: (containers.count + 7) / 8)
        for (place, isRun) in isRuns.enumerated() where isRun { flags[place / 8] |= 1 &<< UInt8(place & 7) }
        bytes.append(contentsOf: flags)
      } else {
        put(12346, 4)
        put(UInt64(containers.count), 4)
      }
      for (entry, container) in zip(entries[group], containers) {
        put(entry.key & 0xFFFF, 2)
        put(UInt64(container.count - 1), 2)
      }
      if !hasRuns || containers.count >= 4 {
        var offset = bytes.count - start + 4 * containers.count
        for container in containers {
          put(UInt64(offset), 4)
          offset += container.portableByteCount
        }
      }
      for container in containers {
        switch container {
        case .array(let values): for value in values { put(UInt64(value), 2) }
        case .bits(let words, _): for word in words { put(word, 8) }
        case .runs(let runs):
          put(UInt64(runs.count), 2)
          for run in runs {
            put(UInt64(run.first), 2)
            put(UInt64(run.last - run.first), 2)
          }
        }
      }
    }
    return bytes
  }
}

extension RoaringBitmap64.Container {
  fileprivate var portableByteCount: Int {
    switch self {
    case .array(let values): values.count * 2
    case .bits: 8192
    case .runs(let runs): 2 + runs.count * 4
    }
  }

  /// The form that takes the least bytes; a list above 4,096 values is not allowed.
  fileprivate var smallest: Self {
    let (count, runs) = (count, runs)
    let plain = count <= RoaringBitmap64.arrayLimit ? count * 2 : 8192
    if 2 + runs.count * 4 < plain { return .runs(runs) }
    switch self {
    case .array, .bits: return self
    case .runs: return Self(words: words)
    }
  }
}
