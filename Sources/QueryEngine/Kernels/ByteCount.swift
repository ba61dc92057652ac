internal import Columnar

extension Kernels {
  /// Returns the bytes that the rows of a vector take up when they are kept, roughly.
  ///
  /// A dictionary's entries are not counted: they are shared with what else came of the same chunk.
  static func byteCount(_ vector: Vector) -> Int { byteCount(vector, rows: 0..<vector.count) }

  /// Rows of a list's elements begin anywhere, so that they are no slice.
  private static func byteCount(_ vector: Vector, rows: Range<Int>) -> Int {
    switch vector.encoding {
    case .constant: return 16
    case .dictionary: return rows.count * 4
    case .flat: break
    }
    switch vector.type {
    case .string:
      let views = vector.strings
      var total = rows.count * 16
      for row in rows {
        let count = views[row].byteCount
        if count > 12 { total &+= count }
      }
      return total
    case .list:
      guard !rows.isEmpty else { return 0 }
      let offsets = vector.offsets
      let (first, end) = (Int(offsets[rows.lowerBound]), Int(offsets[rows.upperBound]))
      return rows.count * 4 + byteCount(vector.elements, rows: first..<max(first, end))
    case .struct: return vector.fields.reduce(rows.count / 8) { $0 + byteCount($1, rows: rows) }
    case .bit: return rows.count / 8 + 1
    case .int32, .float: return rows.count * 4
    case .int64, .double: return rows.count * 8
    case .int128, .interval: return rows.count * 16
    }
  }

  /// Returns the bytes that the columns of a batch take up when they are kept, roughly.
  static func byteCount(_ columns: [Vector]) -> Int { columns.reduce(0) { $0 + byteCount($1) } }
}

extension Kernels {
  /// Returns a flat vector whose texts are copied, so that it keeps nothing of the column chunk it came from.
  ///
  /// - Parameters:
  ///   - vector: Any vector.
  ///   - arena: Where the texts go; one for many small vectors spares pages.
  /// - Returns: The same values.
  static func detached(_ vector: Vector, into arena: StringArena = StringArena()) -> Vector {
    guard vector.type == .string || vector.encoding != .flat else { return vector }
    let flat = vector.flattened()
    guard flat.type == .string else { return flat }
    let views = flat.strings
    let validity = flat.validity
    var copies: [StringView] = []
    copies.reserveCapacity(views.count)
    for row in views.indices { copies.append(validity?[row] ?? true ? arena.copy(views[row]) : StringView()) }
    return Kernels.strings(copies[...], validity: validity, pages: arena.pages)
  }
}

extension PhysicalType {
  /// Bytes of a value, as far as they are known before one is seen.
  var usualByteCount: Int {
    switch self {
    case .bit: 1
    case .string: stride + 32
    case .list, .struct: 64
    default: stride
    }
  }
}
