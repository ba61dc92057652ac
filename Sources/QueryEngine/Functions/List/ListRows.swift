internal import Columnar

/// A list or map argument, row by row.
struct ListRows {
  /// All elements, not cut to the rows.
  let elements: Vector
  private let operand: RowOperand

  init(_ argument: Vector) {
    operand = RowOperand(argument)
    elements = operand.vector.elements
  }

  /// The places of a row's elements.
  @inline(__always) func range(_ row: Int) -> Range<Int> {
    let row = row & operand.mask
    let ends = operand.vector.offsets
    return Int(ends[row])..<Int(ends[row + 1])
  }
}

/// Collects which elements a list result has, row by row.
struct ListPicker {
  private(set) var picked: [UInt32] = []
  private var ends: [UInt32] = [0]

  /// Picks an element of the source.
  @inline(__always) mutating func pick(_ element: Int) { picked.append(UInt32(truncatingIfNeeded: element)) }

  /// Ends a row.
  @inline(__always) mutating func endRow() { ends.append(UInt32(truncatingIfNeeded: picked.count)) }

  /// Returns the lists of what was picked out of `elements`.
  consuming func finish(_ elements: Vector, _ validity: Bitmap?) -> Vector {
    let picked = picked
    return ListPicker.list(ends, of: elements.taking(picked.span), validity)
  }

  /// Returns lists with given ends, the first of which is 0.
  static func list(_ ends: [UInt32], of elements: Vector, _ validity: Bitmap?) -> Vector {
    var buffer = WritableBuffer(byteCount: ends.count * 4)
    do {
      var room = buffer.elements(as: UInt32.self, count: ends.count)
      for index in ends.indices { room[index] = ends[index] }
    }
    return .list(
      buffer.freeze(), count: ends.count - 1, of: elements, validity: validity.map { Kernels.trimmed($0) })
  }
}

extension CallFrame {
  /// Whether a row's value is wanted.
  @inline(__always) func isActive(_ row: Int) -> Bool { active.map { $0[row] } ?? true }
}

extension Vector {
  /// Returns vectors of one type one behind the other, in a flat vector.
  static func concatenated(_ vectors: [Vector], _ type: LogicalType) -> Vector {
    if vectors.count == 1 { return vectors[0].flattened() }
    if type.isNested {
      var builder = VectorBuilder(type)
      for vector in vectors {
        for row in 0..<vector.count { builder.append(vector.scalar(at: row, as: type)) }
      }
      return builder.finish()
    }
    let total = vectors.reduce(0) { $0 + $1.count }
    var parts: [VectorMerge.Part] = []
    var start = 0
    for vector in vectors where vector.count > 0 {
      // Each vector is spread so that its rows come to lie where they belong.
      var rows = [UInt32](repeating: 0, count: total)
      var mask = BitmapBuilder(count: total)
      for row in 0..<vector.count {
        rows[start + row] = UInt32(row)
        mask.insert(start + row)
      }
      parts.append(.init(rows: mask.freeze(), values: vector.flattened().taking(rows.span)))
      start += vector.count
    }
    return VectorMerge.merge(parts, type: type, count: total).flattened()
  }
}

extension ScalarOverload {
  /// The element type if an argument is a list, or could be one because it is null.
  static func element(_ arguments: ArgumentTypes, _ index: Int = 0) -> LogicalType? {
    guard index < arguments.types.count else { return nil }
    if case .list(let element) = arguments.types[index] { return element }
    return nil
  }

  /// An overload of one list that answers something of its element's type.
  static func ofList(
    _ signature: String, nulls: NullHandling = .strict,
    _ result: @escaping @Sendable (LogicalType) -> LogicalType?,
    _ body: @escaping @Sendable (LogicalType) -> ScalarBody
  ) -> ScalarOverload {
    ScalarOverload(
      signature, nulls: nulls,
      rule: { arguments in
        guard arguments.types.count == 1, let element = element(arguments), let type = result(element) else {
          return nil
        }
        return SignatureTypes(arguments.types, returns: type)
      },
      make: { (site) throws(QueryError) in
        guard case .list(let element) = site.argumentTypes[0] else {
          throw QueryError.internalError("\(site.function) of no list")
        }
        return body(element)
      })
  }
}
