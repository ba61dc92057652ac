internal import Columnar

extension Kernels {
  /// Returns the rows of all vectors in one, which are of one physical type.
  ///
  /// Dictionaries over the same base stay one; otherwise the result is flat.
  static func concatenated(_ parts: [Vector], of type: LogicalType) -> Vector {
    if parts.count == 1, parts[0].encoding != .constant { return parts[0] }
    let count = parts.reduce(0) { $0 + $1.count }
    if count == 0 { return VectorBuilder(type).finish() }
    let validity = concatenatedValidity(parts, count)
    if let base = sharedBase(parts) {
      var buffer = WritableBuffer(byteCount: count * 4)
      var room = buffer.elements(as: UInt32.self, count: count)
      var next = 0
      for part in parts {
        let codes = part.codes
        for row in codes.indices { room[next &+ row] = codes[row] }
        next += codes.count
      }
      return .dictionary(buffer.freeze(), count: count, of: base, validity: validity)
    }
    let flat = parts.map { $0.flattened() }
    switch flat[0].type {
    case .bit: return concatenatedBits(flat, count, concatenatedValidity(flat, count))
    case .int32: return concatenated(flat, count, Int32.self)
    case .int64: return concatenated(flat, count, Int64.self)
    case .int128: return concatenated(flat, count, Int128.self)
    case .float: return concatenated(flat, count, Float.self)
    case .double: return concatenated(flat, count, Double.self)
    case .string: return concatenated(flat, count, StringView.self)
    case .interval: return concatenated(flat, count, Interval.self)
    case .list: return concatenatedLists(flat, count, type)
    case .struct:
      let types = type.childTypes
      let fields = flat.map(\.fields)
      let columns = types.indices.map { index in
        concatenated(fields.map { $0[index] }, of: types[index])
      }
      return .struct(columns, count: count, validity: concatenatedValidity(flat, count))
    }
  }

  private static func sharedBase(_ parts: [Vector]) -> Vector? {
    guard let base = parts[0].base else { return nil }
    for part in parts {
      guard part.encoding == .dictionary, let other = part.base,
        other.storageIdentity == base.storageIdentity, other.firstRow == base.firstRow,
        other.count == base.count
      else { return nil }
    }
    return base
  }

  private static func concatenated<Value: ColumnValue>(
    _ parts: [Vector], _ count: Int, _ type: Value.Type
  ) -> Vector {
    var buffer = WritableBuffer(byteCount: count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: type, count: count)
    var next = 0
    var pages: [Buffer] = []
    var known: Set<ObjectIdentifier> = []
    for part in parts {
      let values = part.values(as: type)
      for row in values.indices { room[next &+ row] = values[row] }
      next += values.count
      if Value.physicalType == .string {
        for page in part.stringPages where known.insert(ObjectIdentifier(page)).inserted {
          pages.append(page)
        }
      }
    }
    return .flat(
      buffer.freeze(), of: type, count: count, validity: concatenatedValidity(parts, count), pages: pages)
  }

  private static func concatenatedBits(_ parts: [Vector], _ count: Int, _ validity: Bitmap?) -> Vector {
    .bits(concatenated(parts.map { ($0.bits, $0.count) }, count), validity: validity)
  }

  private static func concatenatedValidity(_ parts: [Vector], _ count: Int) -> Bitmap? {
    guard parts.contains(where: { $0.validity != nil }) else { return nil }
    return concatenated(parts.map { ($0.validity, $0.count) }, count)
  }

  /// Returns the bits of all parts one after the other; `nil` stands for ones.
  static func concatenated(_ parts: [(Bitmap?, Int)], _ count: Int) -> Bitmap {
    var builder = BitmapBuilder(count: count)
    var words = builder.words
    var next = 0
    for (bits, length) in parts {
      let source = bits?.words
      var row = 0
      while row < length {
        let take = min(64, length - row)
        var word = UInt64.max
        if let source { word = source[row &>> 6] }
        if take < 64 { word &= (1 &<< UInt64(take)) &- 1 }
        let (index, shift) = (next &>> 6, UInt64(next & 63))
        words[index] |= word &<< shift
        if shift != 0 && Int(shift) + take > 64 { words[index + 1] |= word &>> (64 &- shift) }
        next += take
        row += take
      }
    }
    return builder.freeze()
  }

  private static func concatenatedLists(_ parts: [Vector], _ count: Int, _ type: LogicalType) -> Vector {
    var buffer = WritableBuffer(byteCount: (count + 1) * 4)
    var room = buffer.elements(as: UInt32.self, count: count + 1)
    room[0] = 0
    var (row, end): (Int, UInt32) = (0, 0)
    var elements: [Vector] = []
    for part in parts {
      let offsets = part.offsets
      let (first, last) = (offsets[0], offsets[part.count])
      let picked = (first..<last).map { $0 }
      let all = part.elements
      elements.append(all.taking(picked.span))
      for index in 0..<part.count {
        row += 1
        room[row] = end + offsets[index + 1] - first
      }
      end += last - first
    }
    let joined = concatenated(elements, of: type.childTypes[0])
    return .list(
      buffer.freeze(), count: count, of: joined, validity: concatenatedValidity(parts, count))
  }
}
