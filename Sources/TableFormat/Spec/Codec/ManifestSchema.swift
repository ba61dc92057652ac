internal import FileFormats

/// The Avro schema of manifests.
enum ManifestSchema {
  /// The schema of entries of a partition type.
  static func entry(
    formatVersion: Int, partitionType: [NestedField]
  ) throws(TableFormatError) -> AvroSchema {
    var fields = [AvroField("status", .int, fieldID: 0)]
    if formatVersion == 1 {
      fields.append(AvroField("snapshot_id", .long, fieldID: 1))
    } else {
      fields += [
        .optional("snapshot_id", .long, fieldID: 1), .optional("sequence_number", .long, fieldID: 3),
        .optional("file_sequence_number", .long, fieldID: 4),
      ]
    }
    fields.append(
      AvroField("data_file", try dataFile(formatVersion: formatVersion, partitionType), fieldID: 2))
    return .record("manifest_entry", fields)
  }

  private static func dataFile(
    formatVersion: Int, _ partitionType: [NestedField]
  ) throws(TableFormatError) -> AvroSchema {
    var partition: [AvroField] = []
    for field in partitionType {
      let name = AvroName.sanitized(field.name)
      var avro = AvroField.optional(
        name, try schema(of: field.type, unique: field.id), fieldID: Int(field.id.rawValue))
      if name != field.name { avro.originalName = field.name }
      partition.append(avro)
    }
    var fields: [AvroField] = []
    if formatVersion >= 2 { fields.append(AvroField("content", .int, fieldID: 134)) }
    fields += [
      AvroField("file_path", .string, fieldID: 100), AvroField("file_format", .string, fieldID: 101),
      AvroField("partition", .record("r102", partition), fieldID: 102),
      AvroField("record_count", .long, fieldID: 103), AvroField("file_size_in_bytes", .long, fieldID: 104),
    ]
    if formatVersion == 1 { fields.append(AvroField("block_size_in_bytes", .long, fieldID: 105)) }
    fields += [
      .optional("column_sizes", map(117, 118, .long), fieldID: 108),
      .optional("value_counts", map(119, 120, .long), fieldID: 109),
      .optional("null_value_counts", map(121, 122, .long), fieldID: 110),
      .optional("nan_value_counts", map(138, 139, .long), fieldID: 137),
      .optional("lower_bounds", map(126, 127, .bytes), fieldID: 125),
      .optional("upper_bounds", map(129, 130, .bytes), fieldID: 128),
      .optional("key_metadata", .bytes, fieldID: 131),
      .optional("split_offsets", .array(.long, elementID: 133), fieldID: 132),
    ]
    if formatVersion >= 2 {
      fields.append(.optional("equality_ids", .array(.int, elementID: 136), fieldID: 135))
    }
    fields.append(.optional("sort_order_id", .int, fieldID: 140))
    if formatVersion >= 3 { fields.append(.optional("first_row_id", .long, fieldID: 142)) }
    if formatVersion >= 2 { fields.append(.optional("referenced_data_file", .string, fieldID: 143)) }
    if formatVersion >= 3 {
      fields += [
        .optional("content_offset", .long, fieldID: 144),
        .optional("content_size_in_bytes", .long, fieldID: 145),
      ]
    }
    return .record("r2", fields)
  }

  /// A map from field ids, as an array of records (rule 13).
  private static func map(_ key: Int, _ value: Int, _ type: AvroSchema) -> AvroSchema {
    var schema = AvroSchema.array(
      .record(
        "k\(key)_v\(value)", [AvroField("key", .int, fieldID: key), AvroField("value", type, fieldID: value)])
    )
    schema.logicalType = "map"
    return schema
  }

  /// The Avro type of a partition value; named types take the field's id into their name to stay unique.
  private static func schema(of type: IcebergType, unique id: FieldID) throws(TableFormatError) -> AvroSchema
  {
    switch type {
    case .boolean: return .boolean
    case .int: return .int
    case .long: return .long
    case .float: return .float
    case .double: return .double
    case .string: return .string
    case .binary: return .bytes
    case .date: return AvroSchema(.int, logicalType: "date")
    case .time: return AvroSchema(.long, logicalType: "time-micros")
    case .timestamp, .timestamptz:
      var schema = AvroSchema(.long, logicalType: "timestamp-micros")
      schema.adjustToUTC = type == .timestamptz
      return schema
    case .timestampNanos, .timestamptzNanos:
      var schema = AvroSchema(.long, logicalType: "timestamp-nanos")
      schema.adjustToUTC = type == .timestamptzNanos
      return schema
    case .decimal(let precision, let scale):
      var schema = AvroSchema(
        .fixed(byteCount: byteCount(ofDecimal: precision)), name: "decimal_\(precision)_\(scale)_\(id)",
        logicalType: "decimal")
      (schema.precision, schema.scale) = (precision, scale)
      return schema
    case .uuid: return AvroSchema(.fixed(byteCount: 16), name: "uuid_fixed_\(id)", logicalType: "uuid")
    case .fixed(let length): return AvroSchema(.fixed(byteCount: length), name: "fixed_\(length)_\(id)")
    case .unknown, .struct, .list, .map, .variant, .other:
      throw TableFormatError(.unsupported, "a partition value cannot be of the type \(type)")
    }
  }

  /// The fewest bytes that hold every number of so many digits (rule 10).
  static func byteCount(ofDecimal precision: Int) -> Int {
    var largest: Int128 = 1
    for _ in 0..<min(precision, 38) { largest *= 10 }
    return SingleValue.bigEndian(largest - 1).count
  }
}
