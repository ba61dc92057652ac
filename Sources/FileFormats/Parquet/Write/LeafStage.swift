internal import Columnar

/// The stage of a leaf, whatever its values.
///
/// A closed enum, because only code that names a concrete type is specialised: through `any ValueStage`, or
/// in a generic class, the loops measured 10 times slower. A method takes the stage out while it changes it,
/// so that its arrays are not copied.
enum LeafStage {
  case boolean(BooleanStage)
  case int32(NumberStage<Int32>)
  case int64(NumberStage<Int64>)
  case int128(NumberStage<Int128>)
  case float(NumberStage<Float>)
  case double(NumberStage<Double>)
  case bytes(ByteArrayStage)
  case taken

  /// Makes the stage for a leaf whose values are of `type` in memory.
  init(
    _ leaf: ParquetLeaf, _ type: LogicalType, options: ParquetWriteOptions, wantsHashes: Bool
  ) throws(FileFormatError) {
    switch (leaf.physicalType, type) {
    case (.boolean, _): self = .boolean(BooleanStage())
    case (.int32, _): self = .int32(NumberStage(width: 4, options: options, wantsHashes: wantsHashes))
    case (.int64, _): self = .int64(NumberStage(width: 8, options: options, wantsHashes: wantsHashes))
    case (.float, _): self = .float(NumberStage(width: 4, options: options, wantsHashes: wantsHashes))
    case (.double, _): self = .double(NumberStage(width: 8, options: options, wantsHashes: wantsHashes))
    case (.fixedLengthByteArray, .decimal):
      self = .int128(NumberStage(width: leaf.typeLength, options: options, wantsHashes: wantsHashes))
    case (.byteArray, _), (.fixedLengthByteArray, _):
      self = .bytes(ByteArrayStage(leaf: leaf, options: options, wantsHashes: wantsHashes))
    case (.int96, _): throw .unsupported("INT96 is not written")
    }
  }

  /// Bytes, about, of the page that the values so far would make.
  var pageByteCount: Int {
    switch self {
    case .boolean(let stage): stage.pageByteCount
    case .int32(let stage): stage.pageByteCount
    case .int64(let stage): stage.pageByteCount
    case .int128(let stage): stage.pageByteCount
    case .float(let stage): stage.pageByteCount
    case .double(let stage): stage.pageByteCount
    case .bytes(let stage): stage.pageByteCount
    case .taken: 0
    }
  }

  /// Bytes, about, of the dictionary.
  var dictionaryByteCount: Int {
    switch self {
    case .boolean(let stage): stage.dictionaryByteCount
    case .int32(let stage): stage.dictionaryByteCount
    case .int64(let stage): stage.dictionaryByteCount
    case .int128(let stage): stage.dictionaryByteCount
    case .float(let stage): stage.dictionaryByteCount
    case .double(let stage): stage.dictionaryByteCount
    case .bytes(let stage): stage.dictionaryByteCount
    case .taken: 0
    }
  }

  /// Whether the page must end before more values come, because the encoding changes.
  var isPageComplete: Bool {
    switch self {
    case .boolean(let stage): stage.isPageComplete
    case .int32(let stage): stage.isPageComplete
    case .int64(let stage): stage.isPageComplete
    case .int128(let stage): stage.isPageComplete
    case .float(let stage): stage.isPageComplete
    case .double(let stage): stage.isPageComplete
    case .bytes(let stage): stage.isPageComplete
    case .taken: false
    }
  }

  /// NaNs since the stage was made; `nil` when values cannot be that.
  var nanCount: Int? {
    switch self {
    case .float(let stage): stage.nanCount
    case .double(let stage): stage.nanCount
    default: nil
    }
  }

  /// Bounds of all values since the stage was made, NaN left out.
  func bounds(as type: LogicalType) -> (min: ScalarValue, max: ScalarValue)? {
    switch self {
    case .boolean(let stage): stage.bounds(as: type)
    case .int32(let stage): stage.bounds(as: type)
    case .int64(let stage): stage.bounds(as: type)
    case .int128(let stage): stage.bounds(as: type)
    case .float(let stage): stage.bounds(as: type)
    case .double(let stage): stage.bounds(as: type)
    case .bytes(let stage): stage.bounds(as: type)
    case .taken: nil
    }
  }

  /// Returns the bytes, about, that the rows of a vector add to a plain page; numbers are small.
  func byteCount(of vector: Vector, _ rows: Range<Int>) -> Int {
    if case .bytes(let stage) = self { return stage.byteCount(of: vector, rows) }
    return rows.count * 16
  }

  /// Appends rows, none of them null.
  mutating func append(_ vector: Vector, _ rows: Range<Int>) throws(FileFormatError) {
    switch self {
    case .boolean(var stage):
      self = .taken
      stage.append(vector, rows)
      self = .boolean(stage)
    case .int32(var stage):
      self = .taken
      stage.append(vector, rows)
      self = .int32(stage)
    case .int64(var stage):
      self = .taken
      stage.append(vector, rows)
      self = .int64(stage)
    case .int128(var stage):
      self = .taken
      stage.append(vector, rows)
      self = .int128(stage)
    case .float(var stage):
      self = .taken
      stage.append(vector, rows)
      self = .float(stage)
    case .double(var stage):
      self = .taken
      stage.append(vector, rows)
      self = .double(stage)
    case .bytes(var stage):
      self = .taken
      defer { self = .bytes(stage) }
      try stage.append(vector, rows)
    case .taken: break
    }
  }

  /// Appends the page's values to `bytes` and begins the next page.
  mutating func encodePage(to bytes: inout [UInt8]) -> ParquetEncoding {
    var encoding = ParquetEncoding.plain
    switch self {
    case .boolean(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .boolean(stage)
    case .int32(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .int32(stage)
    case .int64(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .int64(stage)
    case .int128(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .int128(stage)
    case .float(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .float(stage)
    case .double(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .double(stage)
    case .bytes(var stage):
      self = .taken
      encoding = stage.encodePage(to: &bytes)
      self = .bytes(stage)
    case .taken: break
    }
    return encoding
  }

  /// Ends a column chunk and begins the next.
  mutating func finishChunk() -> StagedChunk {
    var chunk = StagedChunk()
    switch self {
    case .boolean(var stage):
      chunk = stage.finishChunk()
      self = .boolean(stage)
    case .int32(var stage):
      chunk = stage.finishChunk()
      self = .int32(stage)
    case .int64(var stage):
      chunk = stage.finishChunk()
      self = .int64(stage)
    case .int128(var stage):
      chunk = stage.finishChunk()
      self = .int128(stage)
    case .float(var stage):
      chunk = stage.finishChunk()
      self = .float(stage)
    case .double(var stage):
      chunk = stage.finishChunk()
      self = .double(stage)
    case .bytes(var stage):
      chunk = stage.finishChunk()
      self = .bytes(stage)
    case .taken: break
    }
    return chunk
  }
}
