package import Columnar

/// Shows points in time with a zone as the session's zone has them.
package struct LocalTimes: Sendable {
  /// `nil` for UTC, which values print themselves in.
  private let zone: TimeZone?

  /// Returns rows whose points in time are text in the zone; other values are left as they are.
  ///
  /// - Parameters:
  ///   - batch: Rows without selection.
  ///   - types: The types of the columns.
  /// - Returns: The rows; a column that changed holds strings.
  package func shown(_ batch: Batch, types: [LogicalType]) -> Batch {
    guard let zone else { return batch }
    var batch = batch
    for (index, type) in types.enumerated() where ZonedText.isConcerned(type) {
      batch.columns[index] = ZonedText.column(batch.columns[index], type, zone)
    }
    return batch
  }

  init(_ settings: SessionSettings) {
    let zone = settings.timezone == "UTC" ? nil : try? TimeZone.named(settings.timezone)
    self.zone = zone?.isUTC == true ? nil : zone
  }
}

extension Session {
  /// How results show points in time.
  package var localTimes: LocalTimes { LocalTimes(settings) }
}

extension ZonedText {
  /// Whether values of the type hold points in time with a zone.
  static func isConcerned(_ type: LogicalType) -> Bool {
    switch type {
    case .timestampTZ, .timestampTZNanos: true
    default: type.childTypes.contains(where: isConcerned)
    }
  }

  /// Returns the column with text in the place of each point in time.
  static func column(_ vector: Vector, _ type: LogicalType, _ zone: TimeZone) -> Vector {
    var builder = VectorBuilder(textual(type))
    for row in 0..<vector.count { builder.append(value(vector.scalar(at: row, as: type), type, zone)) }
    return builder.finish()
  }

  /// The type with `VARCHAR` in the place of each point in time.
  private static func textual(_ type: LogicalType) -> LogicalType {
    switch type {
    case .timestampTZ, .timestampTZNanos: .varchar
    case .list(let element): .list(textual(element))
    case .struct(let fields): .struct(fields.map { LogicalType.StructField($0.name, textual($0.type)) })
    case .map(let key, let value): .map(key: textual(key), value: textual(value))
    default: type
    }
  }

  private static func value(_ value: ScalarValue, _ type: LogicalType, _ zone: TimeZone) -> ScalarValue {
    switch (value, type) {
    case (.integer(let micros), .timestampTZ):
      var text: [UInt8] = []
      append(micros, zone, to: &text)
      return .bytes(text)
    case (.integer(let nanos), .timestampTZNanos):
      var text: [UInt8] = []
      append(nanos: nanos, zone, to: &text)
      return .bytes(text)
    case (.list(let elements), .list(let element)):
      return .list(elements.map { self.value($0, element, zone) })
    case (.struct(let values), .struct(let fields)):
      return .struct(zip(values, fields).map { self.value($0, $1.type, zone) })
    case (.map(let keys, let values), .map(let keyType, let valueType)):
      return .map(
        keys: keys.map { self.value($0, keyType, zone) },
        values: values.map { self.value($0, valueType, zone) })
    default: return value
    }
  }
}
