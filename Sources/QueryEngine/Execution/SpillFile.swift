package import Columnar
internal import FileFormats
internal import Glibc
internal import Synchronization

/// Batches that one worker put aside on disk, in LZ4 blocks.
///
/// The list of blocks stays in memory; the file goes away with the object.
package final class SpillFile {
  /// Where a batch lies in the file.
  package struct Block: Sendable {
    let offset: Int
    let byteCount: Int
    let rawByteCount: Int
    let rowCount: Int
  }

  private let path: String
  private let files = LocalFileSystem()
  private let file: any WritableFile
  private var isWriting = true
  private let reading = Mutex<(any RandomAccessFile)?>(nil)
  private static let counter = Atomic(0)

  /// Makes an empty file in the directory.
  package init(in directory: String) throws(QueryError) {
    let number = SpillFile.counter.wrappingAdd(1, ordering: .relaxed).newValue
    path = FilePath.join(directory, "wequery-\(getpid())-\(number).spill")
    do throws(FileFormatError) {
      // One of an earlier process of this number may have been left behind.
      try files.remove(path)
      file = try files.create(path)
    } catch {
      throw SpillFile.failure(error)
    }
  }

  deinit {
    if isWriting { do { try file.close() } catch {} }
    if reading.withLock({ $0 == nil }) { do { try files.remove(path) } catch {} }
  }

  private static func failure(_ error: FileFormatError) -> QueryError {
    let isFull = error.kind == .diskFull
    return QueryError(
      isFull ? .diskFull : .inputOutput, "the temporary file cannot be used: \(error.message)",
      hint: isFull ? "SET temp_directory to a disk with more room" : nil, cause: error)
  }

  /// Writes the columns of a batch without selection.
  package func write(_ batch: Batch) throws(QueryError) -> Block {
    var writer = ColumnWriter()
    for column in batch.columns { writer.append(column.flattened()) }
    do throws(FileFormatError) {
      let packed = try CompressionCodec.lz4Raw.compress(writer.bytes.span)
      let offset = file.position
      try file.write(packed.span)
      return Block(
        offset: offset, byteCount: packed.count, rawByteCount: writer.bytes.count, rowCount: batch.rowCount)
    } catch {
      throw SpillFile.failure(error)
    }
  }

  /// Ends the writing; only then can batches be read, by several threads at once.
  package func open() throws(QueryError) {
    do throws(FileFormatError) {
      // What the file still holds back is written when it is closed.
      isWriting = false
      try file.close()
    } catch {
      throw SpillFile.failure(error)
    }
  }

  /// Opens the file for reading, which nobody did before, and takes its name away, so that nothing stays
  /// behind however the process ends.
  private func reader() throws(FileFormatError) -> any RandomAccessFile {
    try reading.withLock { (reading) throws(FileFormatError) in
      if let reading { return reading }
      guard !isWriting else { throw FileFormatError(.internal, "the file is still being written") }
      let opened = try files.open(path)
      try files.remove(path)
      reading = opened
      return opened
    }
  }

  /// Reads a batch back; `types` are those of its columns.
  package func read(_ block: Block, types: [LogicalType]) throws(QueryError) -> Batch {
    do throws(FileFormatError) {
      let file = try reader()
      let packed = try file.read(at: block.offset, count: block.byteCount)
      let bytes = try CompressionCodec.lz4Raw.decompress(
        packed.bytes.extracting(0..<block.byteCount), size: block.rawByteCount)
      var reader = ColumnReader(bytes: bytes)
      let columns = types.map { reader.column($0, count: block.rowCount) }
      return Batch(columns: columns, rowCount: block.rowCount)
    } catch {
      throw SpillFile.failure(error)
    }
  }
}

/// Flat vectors as bytes: validity, then values; of texts the lengths, then the bytes.
private struct ColumnWriter {
  var bytes: [UInt8] = []

  mutating func append(_ vector: Vector) {
    let count = vector.count
    if let validity = vector.validity {
      bytes.append(1)
      append(validity, count)
    } else {
      bytes.append(0)
    }
    switch vector.type {
    case .bit: append(vector.bits, count)
    case .int32: append(vector.int32s)
    case .int64: append(vector.int64s)
    case .int128: append(vector.int128s)
    case .float: append(vector.floats)
    case .double: append(vector.doubles)
    case .interval: append(vector.intervals)
    case .string: appendTexts(vector)
    case .list:
      let offsets = vector.offsets
      var rows: [UInt32] = []
      var ends: [UInt32] = [0]
      for row in 0..<count {
        for element in offsets[row]..<offsets[row + 1] { rows.append(element) }
        ends.append(UInt32(rows.count))
      }
      append(ends.span)
      append(vector.elements.taking(rows.span).flattened())
    case .struct: for field in vector.fields { append(field.flattened()) }
    }
  }

  private mutating func append<Value: BitwiseCopyable>(_ values: Span<Value>) {
    // SAFETY: the span is live for the call, and the array copies its bytes.
    unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ bits: Bitmap, _ count: Int) { append(bits.words) }

  private mutating func appendTexts(_ vector: Vector) {
    let views = vector.strings
    let validity = vector.validity
    var lengths: [UInt32] = []
    for row in views.indices { lengths.append(validity?[row] ?? true ? UInt32(views[row].byteCount) : 0) }
    append(lengths.span)
    for row in views.indices where lengths[row] > 0 {
      views[row].withBytes { text in
        // SAFETY: the span is live for the call, and the array copies its bytes.
        unsafe text.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      }
    }
  }
}

/// The reverse; what it reads this process wrote itself.
private struct ColumnReader {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func take(byteCount: Int) -> Buffer {
    var buffer = WritableBuffer(byteCount: byteCount)
    var room = buffer.elements(as: UInt8.self, count: byteCount)
    for index in 0..<byteCount { room[index] = bytes[position &+ index] }
    position += byteCount
    return buffer.freeze()
  }

  private mutating func bitmap(_ count: Int) -> Bitmap {
    let wordCount = (count + 63) / 64
    let source = take(byteCount: wordCount * 8)
    let words = source.elements(as: UInt64.self, count: wordCount)
    var buffer = WritableBuffer(byteCount: wordCount * 8)
    var room = buffer.elements(as: UInt64.self, count: wordCount)
    for word in 0..<wordCount { room[word] = words[word] }
    // A window's last word may have had bits of rows behind it.
    if count & 63 != 0 { room[wordCount - 1] &= (1 &<< UInt64(count & 63)) &- 1 }
    return Bitmap(buffer.freeze(), count: count)
  }

  mutating func column(_ type: LogicalType, count: Int) -> Vector {
    let hasNulls = bytes[position] == 1
    position += 1
    let validity = hasNulls ? bitmap(count) : nil
    func flat<Value: ColumnValue>(_ value: Value.Type, _ reader: inout ColumnReader) -> Vector {
      .flat(
        reader.take(byteCount: count * MemoryLayout<Value>.stride), of: value, count: count,
        validity: validity)
    }
    switch type.physicalType {
    case .bit: return .bits(bitmap(count), validity: validity)
    case .int32: return flat(Int32.self, &self)
    case .int64: return flat(Int64.self, &self)
    case .int128: return flat(Int128.self, &self)
    case .float: return flat(Float.self, &self)
    case .double: return flat(Double.self, &self)
    case .interval: return flat(Interval.self, &self)
    case .string: return texts(count, validity)
    case .list:
      let ends = take(byteCount: (count + 1) * 4)
      let total = Int(ends.elements(as: UInt32.self, count: count + 1)[count])
      let elements = column(type.childTypes[0], count: total)
      return .list(ends, count: count, of: elements, validity: validity)
    case .struct:
      let fields = type.childTypes.map { column($0, count: count) }
      return .struct(fields, count: count, validity: validity)
    }
  }

  private mutating func texts(_ count: Int, _ validity: Bitmap?) -> Vector {
    let lengths = take(byteCount: count * 4)
    let sizes = lengths.elements(as: UInt32.self, count: count)
    let arena = StringArena()
    var views: [StringView] = []
    views.reserveCapacity(count)
    for row in 0..<count {
      let end = position + Int(sizes[row])
      views.append(arena.copy(bytes.span.extracting(position..<end)))
      position = end
    }
    return Kernels.strings(views[...], validity: validity, pages: arena.pages)
  }
}
