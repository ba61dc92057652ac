internal import Columnar

extension Kernels {
  /// What a null hashes to.
  static let nullHash: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Multiplies to 128 bits and folds.
  @inline(__always) static func mix(_ value: UInt64) -> UInt64 {
    let product = (value ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }

  /// Spreads a hash evenly over all bits, as estimates by leading zeros need it: the finaliser of MurmurHash3.
  @inline(__always) static func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = (hash ^ hash &>> 33) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ hash &>> 33) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ hash &>> 33
  }

  /// Combines the hash of the columns before with that of the next.
  @inline(__always) static func combine(_ hash: UInt64, _ next: UInt64) -> UInt64 {
    mix(hash &* 0x9E37_79B9_7F4A_7C15 ^ next)
  }

  /// Writes the hash of each row; equal values hash alike in every encoding, -0.0 as 0.0, all NaNs alike.
  static func hash(_ vector: Vector, into hashes: inout [UInt64]) {
    let count = vector.count
    if hashes.count != count { hashes = [UInt64](repeating: 0, count: count) }
    if vector.isNullConstant {
      for row in 0..<count { hashes[row] = nullHash }
      return
    }
    switch vector.encoding {
    case .constant:
      guard let base = vector.base else { return }
      var one: [UInt64] = []
      hash(base.count == 1 ? base : base.slice(from: 0, count: 1), into: &one)
      for row in 0..<count { hashes[row] = one[0] }
    case .dictionary:
      guard let base = vector.base else { return }
      if base.count > count * 2 {
        hash(vector.flattened(), into: &hashes)
        return
      }
      var entries: [UInt64] = []
      hash(base, into: &entries)
      let codes = vector.codes
      if !entries.isEmpty { for row in 0..<count { hashes[row] = entries[Int(codes[row])] } }
      setNulls(vector, &hashes)
    case .flat:
      hashFlat(vector, &hashes)
      setNulls(vector, &hashes)
    }
  }

  private static func setNulls(_ vector: Vector, _ hashes: inout [UInt64]) {
    guard let validity = vector.validity else { return }
    let words = validity.words
    for row in 0..<vector.count
    where words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 0 {
      hashes[row] = nullHash
    }
  }

  private static func hashFlat(_ vector: Vector, _ hashes: inout [UInt64]) {
    var room = hashes.mutableSpan
    switch vector.type {
    case .bit:
      let bits = vector.bits
      let words = bits.words
      for row in 0..<vector.count {
        room[row] = mix(words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1)
      }
    case .int32:
      let values = vector.int32s
      for row in values.indices { room[row] = mix(UInt64(truncatingIfNeeded: Int64(values[row]))) }
    case .int64:
      let values = vector.int64s
      for row in values.indices { room[row] = mix(UInt64(truncatingIfNeeded: values[row])) }
    case .int128:
      let values = vector.int128s
      for row in values.indices {
        room[row] = mix(
          mix(UInt64(truncatingIfNeeded: values[row])) ^ UInt64(truncatingIfNeeded: values[row] &>> 64))
      }
    case .float:
      let values = vector.floats
      for row in values.indices { room[row] = mix(UInt64(canonicalBits(values[row]))) }
    case .double:
      let values = vector.doubles
      for row in values.indices { room[row] = mix(canonicalBits(values[row])) }
    case .string:
      let values = vector.strings
      for row in values.indices { room[row] = values[row].hash() }
    case .interval:
      let values = vector.intervals
      for row in values.indices {
        let length = ScalarOrdering.micros(values[row])
        room[row] = mix(mix(UInt64(truncatingIfNeeded: length)) ^ UInt64(truncatingIfNeeded: length &>> 64))
      }
    case .list:
      let offsets = vector.offsets
      let all = vector.elements
      var elements: [UInt64] = []
      hash(all, into: &elements)
      for row in 0..<vector.count {
        var hash: UInt64 = 17
        for index in Int(offsets[row])..<Int(offsets[row + 1]) { hash = combine(hash, elements[index]) }
        room[row] = hash
      }
    case .struct:
      var field: [UInt64] = []
      for row in 0..<vector.count { room[row] = 31 }
      for child in vector.fields {
        hash(child, into: &field)
        for row in 0..<vector.count { room[row] = combine(room[row], field[row]) }
      }
    }
  }

  /// The bits of a number, 0.0 for -0.0 and one NaN for all.
  @inline(__always) static func canonicalBits(_ value: Double) -> UInt64 {
    value.isNaN ? Double.nan.bitPattern : value == 0 ? 0 : value.bitPattern
  }

  /// The bits of a number, 0.0 for -0.0 and one NaN for all.
  @inline(__always) static func canonicalBits(_ value: Float) -> UInt32 {
    value.isNaN ? Float.nan.bitPattern : value == 0 ? 0 : value.bitPattern
  }
}
