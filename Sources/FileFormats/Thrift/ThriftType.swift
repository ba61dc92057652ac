/// The wire types of Thrift's compact protocol (thrift-compact-protocol.md, "Struct encoding").
package enum ThriftType: UInt8, Sendable {
  case `true` = 1
  case `false` = 2
  case byte = 3
  case int16 = 4
  case int32 = 5
  case int64 = 6
  case double = 7
  case binary = 8
  case list = 9
  case set = 10
  case map = 11
  case structure = 12
  case uuid = 13
}

/// The header of one field of a struct.
package struct ThriftField: Sendable {
  /// The number that names it.
  package let id: Int
  /// What follows; of booleans the value itself.
  package let type: ThriftType
}
