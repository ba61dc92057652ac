internal import Columnar

extension Kernels {
  /// Returns the bytes that the rows of a vector take up when they are kept, roughly.
  ///
  /// A dictionary's entries are not counted: they are shared with what else came of the same chunk.
  static func byteCount(_ vector: Vector) -> Int {
    switch vector.encoding {
    case .constant: return 16
    case .dictionary: return vector.count * 4
    case .flat: break
    }
    switch vector.type {
    case .string:
      let views = vector.strings
      var total = views.count * 16
      for row in views.indices {
        let count = views[row].byteCount
        if count > 12 { total &+= count }
      }
      return total
    case .list:
      let offsets = vector.offsets
      guard vector.count > 0 else { return 0 }
      let (first, end) = (Int(offsets[0]), Int(offsets[vector.count]))
      return vector.count * 4 + byteCount(vector.elements.slice(from: first, count: max(0, end - first)))
    case .struct: return vector.fields.reduce(vector.count / 8) { $0 + byteCount($1) }
    case .bit: return vector.count / 8 + 1
    case .int32, .float: return vector.count * 4
    case .int64, .double: return vector.count * 8
    case .int128, .interval: return vector.count * 16
    }
  }

  /// Returns the bytes that the columns of a batch take up when they are kept, roughly.
  static func byteCount(_ columns: [Vector]) -> Int { columns.reduce(0) { $0 + byteCount($1) } }
}

extension Kernels {
  /// Returns a flat vector whose texts are copied, so that it keeps nothing of the column chunk it came from.
  static func detached(_ vector: Vector) -> Vector {
    guard vector.type == .string || vector.encoding != .flat else { return vector }
    let flat = vector.flattened()
    guard flat.type == .string else { return flat }
    let views = flat.strings
    let validity = flat.validity
    let arena = StringArena()
    var copies: [StringView] = []
    copies.reserveCapacity(views.count)
    for row in views.indices { copies.append(validity?[row] ?? true ? arena.copy(views[row]) : StringView()) }
    return Kernels.strings(copies[...], validity: validity, pages: arena.pages)
  }
}
