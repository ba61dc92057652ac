internal import Columnar

/// Flat vectors as bytes: validity, then values; of texts the lengths, then the bytes.
struct ColumnWriter {
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

/// Reads what a ``ColumnWriter`` wrote: bytes that end too early give nothing, offsets of lists are believed.
struct ColumnReader {
  let bytes: [UInt8]
  private(set) var position: Int

  init(bytes: [UInt8], from position: Int = 0) { (self.bytes, self.position) = (bytes, position) }

  /// Reads columns that have `count` rows each.
  mutating func columns(_ types: [LogicalType], count: Int) -> [Vector]? {
    var columns: [Vector] = []
    for type in types {
      guard let column = column(type, count: count) else { return nil }
      columns.append(column)
    }
    return columns
  }

  private mutating func take(byteCount: Int) -> Buffer? {
    guard byteCount <= bytes.count - position else { return nil }
    var buffer = WritableBuffer(byteCount: byteCount)
    var room = buffer.elements(as: UInt8.self, count: byteCount)
    for index in 0..<byteCount { room[index] = bytes[position &+ index] }
    position += byteCount
    return buffer.freeze()
  }

  private mutating func bitmap(_ count: Int) -> Bitmap? {
    let wordCount = (count + 63) / 64
    guard let source = take(byteCount: wordCount * 8) else { return nil }
    let words = source.elements(as: UInt64.self, count: wordCount)
    var buffer = WritableBuffer(byteCount: wordCount * 8)
    var room = buffer.elements(as: UInt64.self, count: wordCount)
    for word in 0..<wordCount { room[word] = words[word] }
    // A window's last word may have had bits of rows behind it.
    if count & 63 != 0 { room[wordCount - 1] &= (1 &<< UInt64(count & 63)) &- 1 }
    return Bitmap(buffer.freeze(), count: count)
  }

  private mutating func column(_ type: LogicalType, count: Int) -> Vector? {
    guard position < bytes.count else { return nil }
    let hasNulls = bytes[position] == 1
    position += 1
    var validity: Bitmap?
    if hasNulls {
      guard let bits = bitmap(count) else { return nil }
      validity = bits
    }
    func flat<Value: ColumnValue>(_ value: Value.Type, _ reader: inout ColumnReader) -> Vector? {
      reader.take(byteCount: count * MemoryLayout<Value>.stride).map {
        .flat($0, of: value, count: count, validity: validity)
      }
    }
    switch type.physicalType {
    case .bit: return bitmap(count).map { .bits($0, validity: validity) }
    case .int32: return flat(Int32.self, &self)
    case .int64: return flat(Int64.self, &self)
    case .int128: return flat(Int128.self, &self)
    case .float: return flat(Float.self, &self)
    case .double: return flat(Double.self, &self)
    case .interval: return flat(Interval.self, &self)
    case .string: return texts(count, validity)
    case .list:
      guard let ends = take(byteCount: (count + 1) * 4) else { return nil }
      let total = Int(ends.elements(as: UInt32.self, count: count + 1)[count])
      return column(type.childTypes[0], count: total).map {
        .list(ends, count: count, of: $0, validity: validity)
      }
    case .struct:
      return columns(type.childTypes, count: count).map { .struct($0, count: count, validity: validity) }
    }
  }

  private mutating func texts(_ count: Int, _ validity: Bitmap?) -> Vector? {
    guard let lengths = take(byteCount: count * 4) else { return nil }
    let sizes = lengths.elements(as: UInt32.self, count: count)
    let arena = StringArena()
    var views: [StringView] = []
    views.reserveCapacity(count)
    for row in 0..<count {
      let end = position + Int(sizes[row])
      guard end <= bytes.count else { return nil }
      views.append(arena.copy(bytes.span.extracting(position..<end)))
      position = end
    }
    return Kernels.strings(views[...], validity: validity, pages: arena.pages)
  }
}
