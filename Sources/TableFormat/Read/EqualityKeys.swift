internal import Columnar

/// Turns rows of several columns into bytes that are equal exactly where equality deletes see equal rows.
///
/// Null equals null, every NaN every other, -0 equals +0 (rules 36 and 41). Each value is preceded by one
/// byte that says whether it is null, each string by its length.
struct EqualityKeys {
  private let columns: [Vector]
  private let validities: [Bitmap?]
  let rowCount: Int

  /// Takes columns of equal length and of types without children.
  init(_ columns: [Vector], rowCount: Int) {
    self.columns = columns.map { $0.flattened() }
    validities = self.columns.map(\.validity)
    self.rowCount = rowCount
  }

  /// Replaces `key` with the bytes of a row.
  func encode(_ row: Int, into key: inout [UInt8]) {
    key.removeAll(keepingCapacity: true)
    for index in columns.indices {
      if let validity = validities[index], !validity[row] {
        key.append(0)
        continue
      }
      key.append(1)
      let column = columns[index]
      switch column.type {
      case .bit: key.append(column.bits[row] ? 1 : 0)
      case .int32: EqualityKeys.append(UInt64(bitPattern: Int64(column.int32s[row])), to: &key)
      case .int64: EqualityKeys.append(UInt64(bitPattern: column.int64s[row]), to: &key)
      case .int128:
        let bits = UInt128(bitPattern: column.int128s[row])
        EqualityKeys.append(UInt64(truncatingIfNeeded: bits), to: &key)
        EqualityKeys.append(UInt64(truncatingIfNeeded: bits &>> 64), to: &key)
      case .float: EqualityKeys.append(EqualityKeys.normalised(Double(column.floats[row])), to: &key)
      case .double: EqualityKeys.append(EqualityKeys.normalised(column.doubles[row]), to: &key)
      case .string:
        column.strings[row].withBytes { bytes in
          EqualityKeys.append(UInt64(bytes.count), to: &key)
          for index in bytes.indices { key.append(bytes[index]) }
        }
      case .interval, .list, .struct: preconditionFailure("no key column can be a \(column.type)")
      }
    }
  }

  private static func normalised(_ value: Double) -> UInt64 {
    if value.isNaN { return Double.nan.bitPattern }
    return value == 0 ? 0 : value.bitPattern
  }

  private static func append(_ bits: UInt64, to key: inout [UInt8]) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      key.append(UInt8(truncatingIfNeeded: bits &>> shift))
    }
  }
}

/// The keys of a group of equality delete files, each with the newest sequence number it was deleted at.
///
/// One probe tells whether a row of a data file goes, however many delete files the group has: it does
/// if its key was deleted at a later sequence number than the data file's (rule 34).
struct EqualityDeleteTable: Sendable {
  private var keyBytes: [UInt8] = []
  /// Where each key ends in `keyBytes`.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  private var sequenceNumbers: [Int64] = []
  /// Key number + 1, or 0; a power of two of them, at most half used.
  private var slots = [UInt32](repeating: 0, count: 64)

  init() {}

  /// How many keys there are.
  var count: Int { ends.count }

  /// Adds the rows of a delete file.
  mutating func insert(_ columns: [Vector], rowCount: Int, sequenceNumber: Int64) {
    let keys = EqualityKeys(columns, rowCount: rowCount)
    var key: [UInt8] = []
    for row in 0..<rowCount {
      keys.encode(row, into: &key)
      let hash = EqualityDeleteTable.hash(key)
      switch find(key, hash) {
      case .key(let number): sequenceNumbers[number] = max(sequenceNumbers[number], sequenceNumber)
      case .free(let slot):
        keyBytes += key
        ends.append(keyBytes.count)
        hashes.append(hash)
        sequenceNumbers.append(sequenceNumber)
        slots[slot] = UInt32(ends.count)
        if ends.count * 2 > slots.count { grow() }
      }
    }
  }

  /// Probes rows of a data file.
  ///
  /// - Parameters:
  ///   - columns: The key columns of rows of a data file.
  ///   - rowCount: How many rows.
  ///   - dataSequenceNumber: The data file's.
  /// - Returns: One bit per row, set for the deleted ones; `nil` if there are none.
  func deletedRows(_ columns: [Vector], rowCount: Int, dataSequenceNumber: Int64) -> Bitmap? {
    guard count > 0, rowCount > 0 else { return nil }
    let keys = EqualityKeys(columns, rowCount: rowCount)
    var bits = BitmapBuilder(count: rowCount)
    var hasDeletes = false
    var key: [UInt8] = []
    for row in 0..<rowCount {
      keys.encode(row, into: &key)
      guard case .key(let number) = find(key, EqualityDeleteTable.hash(key)) else { continue }
      if dataSequenceNumber < sequenceNumbers[number] {
        bits.insert(row)
        hasDeletes = true
      }
    }
    return hasDeletes ? bits.freeze() : nil
  }

  private enum Place {
    case key(Int)
    case free(slot: Int)
  }

  private func find(_ key: [UInt8], _ hash: UInt64) -> Place {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash && isEqual(number, key) { return .key(number) }
      slot = (slot + 1) & mask
    }
    return .free(slot: slot)
  }

  private func isEqual(_ number: Int, _ key: [UInt8]) -> Bool {
    let start = number == 0 ? 0 : ends[number - 1]
    guard ends[number] - start == key.count else { return false }
    for index in key.indices where keyBytes[start + index] != key[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for number in hashes.indices {
      var slot = Int(truncatingIfNeeded: hashes[number]) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(number + 1)
    }
  }

  /// FNV-1a by the byte, then mixed, since the slot is taken from the low bits.
  private static func hash(_ key: [UInt8]) -> UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let product = (state ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }
}
