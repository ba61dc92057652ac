public import Columnar

extension Transform {
  /// Makes the partition values of a column.
  ///
  /// A constant stays a constant and a dictionary a dictionary, whose entries may then repeat.
  ///
  /// - Parameters:
  ///   - column: Values of `type`.
  ///   - type: The type of the source column.
  /// - Returns: As many rows, null where the column is null.
  public func apply(_ column: Vector, _ type: LogicalType) -> Vector {
    switch self {
    case .identity: return column
    case .void, .unknown: return .nulls(resultType(of: type), count: column.count)
    default: break
    }
    switch column.encoding {
    case .constant:
      guard let base = column.base else { return column }
      return .constant(apply(base, type), count: column.count)
    case .dictionary:
      // A dictionary larger than the rows costs more than its rows.
      guard let base = column.base, base.count <= column.count else {
        return apply(column.flattened(), type)
      }
      return Transform.dictionary(column, over: apply(base, type))
    case .flat: return applyFlat(column, type)
    }
  }

  private static func dictionary(_ column: Vector, over base: Vector) -> Vector {
    let codes = column.codes
    var buffer = WritableBuffer(byteCount: codes.count * 4)
    var room = buffer.elements(as: UInt32.self, count: codes.count)
    for row in codes.indices { room[row] = codes[row] }
    return .dictionary(buffer.freeze(), count: column.count, of: base, validity: column.validity)
  }

  private func applyFlat(_ column: Vector, _ type: LogicalType) -> Vector {
    let count = column.count
    switch self {
    case .bucket(let buckets):
      guard buckets > 0 else { return .nulls(.integer, count: count) }
      return Transform.bucket(column, type, count: Int32(clamping: buckets))
    case .truncate(let width):
      guard width > 0 else { return .nulls(type, count: count) }
      return Transform.truncate(column, type, width: width)
    default:
      guard let unit = timeUnit(type) else { return .nulls(.integer, count: count) }
      return Transform.count(column, in: unit)
    }
  }

  private static func bucket(_ column: Vector, _ type: LogicalType, count buckets: Int32) -> Vector {
    let rowCount = column.count
    var buffer = WritableBuffer(byteCount: rowCount * 4)
    var room = buffer.elements(as: Int32.self, count: rowCount)
    switch column.type {
    case .int32:
      let values = column.int32s
      for row in values.indices { room[row] = bucket(BucketHash.hash(Int64(values[row])), buckets) }
    case .int64:
      let values = column.int64s
      if case .decimal = type {
        for row in values.indices { room[row] = bucket(BucketHash.hash(Int128(values[row])), buckets) }
      } else {
        let divisor: Int64 = type == .timestampNanos || type == .timestampTZNanos ? 1000 : 1
        for row in values.indices {
          room[row] = bucket(BucketHash.hash(TimeUnits.floorDivide(values[row], divisor)), buckets)
        }
      }
    case .int128:
      let values = column.int128s
      for row in values.indices { room[row] = bucket(BucketHash.hash(values[row]), buckets) }
    case .string:
      let values = column.strings
      for row in values.indices {
        room[row] = bucket(values[row].withBytes { BucketHash.hash($0) }, buckets)
      }
    default: return .nulls(.integer, count: rowCount)
    }
    return .flat(buffer.freeze(), of: Int32.self, count: rowCount, validity: column.validity)
  }

  @inline(__always) private static func bucket(_ hash: UInt32, _ count: Int32) -> Int32 {
    Int32(truncatingIfNeeded: hash & 0x7FFF_FFFF) % count
  }

  private static func truncate(_ column: Vector, _ type: LogicalType, width: Int) -> Vector {
    switch column.type {
    case .int32: return truncate(column, Int32(clamping: width))
    case .int64: return truncate(column, Int64(width))
    case .int128: return truncate(column, Int128(width))
    case .string:
      let views = column.strings
      let arena = StringArena()
      var buffer = WritableBuffer(byteCount: views.count * 16)
      var room = buffer.elements(as: StringView.self, count: views.count)
      let isText = type == .varchar
      for row in views.indices {
        let view = views[row]
        room[row] = view.withBytes { bytes in
          arena.copy(bytes.extracting(first: truncatedCount(bytes, width: width, isText: isText)))
        }
      }
      return .flat(
        buffer.freeze(), of: StringView.self, count: views.count, validity: column.validity,
        pages: arena.pages)
    default: return .nulls(type, count: column.count)
    }
  }

  private static func truncate<Value: ColumnValue & FixedWidthInteger>(
    _ column: Vector, _ width: Value
  ) -> Vector {
    let values = column.values(as: Value.self)
    var buffer = WritableBuffer(byteCount: values.count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: Value.self, count: values.count)
    for row in values.indices { room[row] = truncate(values[row], width) }
    return .flat(buffer.freeze(), of: Value.self, count: values.count, validity: column.validity)
  }

  private static func count(_ column: Vector, in unit: TimeUnit) -> Vector {
    let rowCount = column.count
    var buffer = WritableBuffer(byteCount: rowCount * 4)
    var room = buffer.elements(as: Int32.self, count: rowCount)
    switch (column.type, unit) {
    case (.int64, .ticks(let ticks)):
      let values = column.int64s
      for row in values.indices {
        room[row] = Int32(truncatingIfNeeded: TimeUnits.floorDivide(values[row], ticks))
      }
    case (.int64, .months):
      let values = column.int64s
      for row in values.indices { room[row] = Int32(truncatingIfNeeded: unit.value(ofTicks: values[row])) }
    case (.int32, _):
      let values = column.int32s
      for row in values.indices {
        room[row] = Int32(truncatingIfNeeded: unit.value(ofTicks: Int64(values[row])))
      }
    default: return .nulls(.integer, count: rowCount)
    }
    return .flat(buffer.freeze(), of: Int32.self, count: rowCount, validity: column.validity)
  }
}
