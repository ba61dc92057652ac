/// Builds Avro's binary encoding; the calls must follow the schema.
public struct AvroEncoder: Sendable {
  /// What was written.
  public private(set) var bytes: [UInt8] = []

  /// Makes an encoder that has written nothing.
  public init() {}

  /// Forgets what was written and keeps the memory.
  mutating func reset() { bytes.removeAll(keepingCapacity: true) }

  /// Writes a zig-zag number.
  public mutating func writeLong(_ value: Int64) {
    var rest = UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Writes a zig-zag number.
  public mutating func writeInt(_ value: Int32) { writeLong(Int64(value)) }

  /// Writes a truth value.
  public mutating func writeBoolean(_ value: Bool) { bytes.append(value ? 1 : 0) }

  /// Writes a 32-bit floating-point number.
  public mutating func writeFloat(_ value: Float) {
    for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern &>> UInt32(8 * index))) }
  }

  /// Writes a 64-bit floating-point number.
  public mutating func writeDouble(_ value: Double) {
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern &>> UInt64(8 * index))) }
  }

  /// Writes a byte string with its length.
  public mutating func writeBytes(_ value: [UInt8]) {
    writeLong(Int64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Writes a text with its length.
  public mutating func writeString(_ value: String) {
    writeLong(Int64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// Writes bytes without a length.
  public mutating func writeFixed(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  /// Writes the number of a union's branch.
  public mutating func writeBranch(_ branch: Int) { writeLong(Int64(branch)) }

  /// Begins a block of an array or map; a block of 0 items ends it.
  public mutating func writeBlockCount(_ count: Int) { writeLong(Int64(count)) }
}
