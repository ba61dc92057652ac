/// Writes Thrift's compact protocol to memory.
package struct ThriftWriter {
  /// What was written.
  package private(set) var bytes: [UInt8] = []
  private var lastIDs: [Int] = []

  /// Makes a writer without bytes.
  package init() {}

  /// Begins a struct that is no field: the outermost one or an element of a list.
  package mutating func beginStructure() { lastIDs.append(0) }

  /// Begins a struct that is a field.
  package mutating func beginStructure(_ id: Int) {
    header(id, .structure)
    lastIDs.append(0)
  }

  /// Ends the innermost struct.
  package mutating func endStructure() {
    bytes.append(0)
    lastIDs.removeLast()
  }

  /// Writes a struct without fields, as unions use them.
  package mutating func emptyStructure(_ id: Int) {
    beginStructure(id)
    endStructure()
  }

  /// Writes a boolean field.
  package mutating func bool(_ id: Int, _ value: Bool) { header(id, value ? .true : .false) }

  /// Writes an 8-bit field.
  package mutating func int8(_ id: Int, _ value: Int8) {
    header(id, .byte)
    bytes.append(UInt8(bitPattern: value))
  }

  /// Writes a 16-bit field.
  package mutating func int16(_ id: Int, _ value: Int) {
    header(id, .int16)
    zigZag(Int64(value))
  }

  /// Writes a 32-bit field.
  package mutating func int32(_ id: Int, _ value: Int) {
    header(id, .int32)
    zigZag(Int64(value))
  }

  /// Writes a 64-bit field.
  package mutating func int64(_ id: Int, _ value: Int) {
    header(id, .int64)
    zigZag(Int64(value))
  }

  /// Writes a field of bytes.
  package mutating func binary(_ id: Int, _ value: [UInt8]) {
    header(id, .binary)
    element(value)
  }

  /// Writes a text field.
  package mutating func text(_ id: Int, _ value: String) { binary(id, Array(value.utf8)) }

  /// Begins a list field; the elements follow, each written by itself.
  package mutating func list(_ id: Int, of element: ThriftType, count: Int) {
    header(id, .list)
    if count < 15 {
      bytes.append(UInt8(count) << 4 | element.rawValue)
    } else {
      bytes.append(0xF0 | element.rawValue)
      unsigned(UInt64(count))
    }
  }

  /// Writes a list of booleans.
  package mutating func bools(_ id: Int, _ values: [Bool]) {
    list(id, of: .true, count: values.count)
    for value in values { bytes.append(value ? 1 : 2) }
  }

  /// Writes a list of 32-bit integers.
  package mutating func int32s(_ id: Int, _ values: [Int32]) {
    list(id, of: .int32, count: values.count)
    for value in values { zigZag(Int64(value)) }
  }

  /// Writes a list of 64-bit integers.
  package mutating func int64s(_ id: Int, _ values: [Int64]) {
    list(id, of: .int64, count: values.count)
    for value in values { zigZag(value) }
  }

  /// Writes a list of byte strings.
  package mutating func binaries(_ id: Int, _ values: [[UInt8]]) {
    list(id, of: .binary, count: values.count)
    for value in values { element(value) }
  }

  /// Writes a list of texts.
  package mutating func texts(_ id: Int, _ values: [String]) {
    list(id, of: .binary, count: values.count)
    for value in values { element(Array(value.utf8)) }
  }

  private mutating func element(_ value: [UInt8]) {
    unsigned(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  private mutating func header(_ id: Int, _ type: ThriftType) {
    precondition(!lastIDs.isEmpty)
    let delta = id - lastIDs[lastIDs.count - 1]
    lastIDs[lastIDs.count - 1] = id
    if delta >= 1 && delta <= 15 {
      bytes.append(UInt8(delta) << 4 | type.rawValue)
    } else {
      bytes.append(type.rawValue)
      zigZag(Int64(id))
    }
  }

  private mutating func zigZag(_ value: Int64) {
    unsigned(UInt64(bitPattern: value &<< 1) ^ UInt64(bitPattern: value &>> 63))
  }

  private mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
