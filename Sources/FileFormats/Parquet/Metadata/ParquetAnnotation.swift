/// What the values of a schema node mean (LogicalTypes.md): the logical type, else the older converted type.
public enum ParquetAnnotation: Hashable, Sendable {
  /// The precision of times and timestamps.
  public enum TimeUnit: Sendable {
    case millis
    case micros
    case nanos
  }

  case string
  case map
  case list
  case `enum`
  case decimal(precision: Int, scale: Int)
  case date
  case time(TimeUnit, isAdjustedToUTC: Bool)
  case timestamp(TimeUnit, isAdjustedToUTC: Bool)
  case integer(bitWidth: Int, isSigned: Bool)
  /// Always null.
  case unknown
  case json
  case bson
  case uuid
  case float16
  case variant
  /// The deprecated 12 bytes of months, days and milliseconds.
  case interval
  /// The deprecated name of a map's repeated group.
  case mapKeyValue
  /// A logical type we do not know; values are read as what they are physically.
  case other(Int)
}

extension ParquetAnnotation {
  /// Makes the meaning of a converted type (parquet.thrift, `ConvertedType`).
  init?(convertedType: Int32, precision: Int, scale: Int) {
    switch convertedType {
    case 0: self = .string
    case 1: self = .map
    case 2: self = .mapKeyValue
    case 3: self = .list
    case 4: self = .enum
    case 5: self = .decimal(precision: precision, scale: scale)
    case 6: self = .date
    // The older types say nothing of the clock; the specification reads them as UTC.
    case 7: self = .time(.millis, isAdjustedToUTC: true)
    case 8: self = .time(.micros, isAdjustedToUTC: true)
    case 9: self = .timestamp(.millis, isAdjustedToUTC: true)
    case 10: self = .timestamp(.micros, isAdjustedToUTC: true)
    case 11: self = .integer(bitWidth: 8, isSigned: false)
    case 12: self = .integer(bitWidth: 16, isSigned: false)
    case 13: self = .integer(bitWidth: 32, isSigned: false)
    case 14: self = .integer(bitWidth: 64, isSigned: false)
    case 15: self = .integer(bitWidth: 8, isSigned: true)
    case 16: self = .integer(bitWidth: 16, isSigned: true)
    case 17: self = .integer(bitWidth: 32, isSigned: true)
    case 18: self = .integer(bitWidth: 64, isSigned: true)
    case 19: self = .json
    case 20: self = .bson
    case 21: self = .interval
    default: return nil
    }
  }

  /// The converted type for readers that know nothing newer; `nil` where there is none of the same meaning.
  var convertedType: Int? {
    switch self {
    case .string: 0
    case .map: 1
    case .mapKeyValue: 2
    case .list: 3
    case .enum: 4
    case .decimal: 5
    case .date: 6
    case .time(.millis, isAdjustedToUTC: true): 7
    case .time(.micros, isAdjustedToUTC: true): 8
    case .timestamp(.millis, isAdjustedToUTC: true): 9
    case .timestamp(.micros, isAdjustedToUTC: true): 10
    case .integer(let bitWidth, let isSigned): (isSigned ? 15 : 11) + bitWidth.trailingZeroBitCount - 3
    case .json: 19
    case .bson: 20
    case .interval: 21
    default: nil
    }
  }

  /// Reads the union `LogicalType` (parquet.thrift).
  static func decode(
    _ field: ThriftField, from reader: inout ThriftReader
  ) throws(FileFormatError) -> ParquetAnnotation? {
    var annotation: ParquetAnnotation?
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 5:
        let (scale, precision) = try decodeDecimal(field, from: &reader)
        annotation = .decimal(precision: precision, scale: scale)
        continue
      case 7:
        let (isUTC, unit) = try decodeTime(field, from: &reader)
        annotation = unit.map { .time($0, isAdjustedToUTC: isUTC) } ?? .other(7)
        continue
      case 8:
        let (isUTC, unit) = try decodeTime(field, from: &reader)
        annotation = unit.map { .timestamp($0, isAdjustedToUTC: isUTC) } ?? .other(8)
        continue
      case 10:
        annotation = try decodeInteger(field, from: &reader)
        continue
      case 1: annotation = .string
      case 2: annotation = .map
      case 3: annotation = .list
      case 4: annotation = .enum
      case 6: annotation = .date
      case 11: annotation = .unknown
      case 12: annotation = .json
      case 13: annotation = .bson
      case 14: annotation = .uuid
      case 15: annotation = .float16
      case 16: annotation = .variant
      default: annotation = .other(field.id)
      }
      try reader.skip(field)
    }
    return annotation
  }

  private static func decodeDecimal(
    _ field: ThriftField, from reader: inout ThriftReader
  ) throws(FileFormatError) -> (scale: Int, precision: Int) {
    var result = (scale: 0, precision: 0)
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: result.scale = Int(try reader.int32(field))
      case 2: result.precision = Int(try reader.int32(field))
      default: try reader.skip(field)
      }
    }
    return result
  }

  private static func decodeTime(
    _ field: ThriftField, from reader: inout ThriftReader
  ) throws(FileFormatError) -> (isAdjustedToUTC: Bool, unit: TimeUnit?) {
    var result: (isAdjustedToUTC: Bool, unit: TimeUnit?) = (false, nil)
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: result.isAdjustedToUTC = try reader.bool(field)
      case 2:
        var units = try reader.structure(field)
        while let unit = try reader.next(&units) {
          switch unit.id {
          case 1: result.unit = .millis
          case 2: result.unit = .micros
          case 3: result.unit = .nanos
          default: break
          }
          try reader.skip(unit)
        }
      default: try reader.skip(field)
      }
    }
    return result
  }

  private static func decodeInteger(
    _ field: ThriftField, from reader: inout ThriftReader
  ) throws(FileFormatError) -> ParquetAnnotation {
    var (bitWidth, isSigned) = (0, true)
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: bitWidth = Int(try reader.int8(field))
      case 2: isSigned = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
    guard [8, 16, 32, 64].contains(bitWidth) else { return .other(10) }
    return .integer(bitWidth: bitWidth, isSigned: isSigned)
  }

  /// Writes the union `LogicalType` as field `id`; nothing for what has no logical type.
  func encode(_ id: Int, to writer: inout ThriftWriter) {
    switch self {
    case .interval, .mapKeyValue, .other: return
    default: break
    }
    writer.beginStructure(id)
    switch self {
    case .string: writer.emptyStructure(1)
    case .map: writer.emptyStructure(2)
    case .list: writer.emptyStructure(3)
    case .enum: writer.emptyStructure(4)
    case .decimal(let precision, let scale):
      writer.beginStructure(5)
      writer.int32(1, scale)
      writer.int32(2, precision)
      writer.endStructure()
    case .date: writer.emptyStructure(6)
    case .time(let unit, let isUTC): Self.encodeTime(7, unit, isUTC, to: &writer)
    case .timestamp(let unit, let isUTC): Self.encodeTime(8, unit, isUTC, to: &writer)
    case .integer(let bitWidth, let isSigned):
      writer.beginStructure(10)
      writer.int8(1, Int8(bitWidth))
      writer.bool(2, isSigned)
      writer.endStructure()
    case .unknown: writer.emptyStructure(11)
    case .json: writer.emptyStructure(12)
    case .bson: writer.emptyStructure(13)
    case .uuid: writer.emptyStructure(14)
    case .float16: writer.emptyStructure(15)
    case .variant: writer.emptyStructure(16)
    case .interval, .mapKeyValue, .other: break
    }
    writer.endStructure()
  }

  private static func encodeTime(_ id: Int, _ unit: TimeUnit, _ isUTC: Bool, to writer: inout ThriftWriter) {
    writer.beginStructure(id)
    writer.bool(1, isUTC)
    writer.beginStructure(2)
    switch unit {
    case .millis: writer.emptyStructure(1)
    case .micros: writer.emptyStructure(2)
    case .nanos: writer.emptyStructure(3)
    }
    writer.endStructure()
    writer.endStructure()
  }
}
