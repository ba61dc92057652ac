internal import Columnar

/// Elements and stretches of a list by place.
enum ListAccess {
  static let all: [ScalarFunction] = [cardinality, elementAt, slice, firstCount, mapValue]

  static let cardinality = ScalarFunction(
    "cardinality", aliases: ["array_length", "array_size", "size", "list_length", "list_size"],
    "The number of elements of a list, of entries of a map, or probably of the values of a sketch.",
    examples: [.init("cardinality([1, 2, 3])", gives: "3"), .init("array_length(ARRAY[1, 2])", gives: "2")],
    ListSize.overloads + [SketchFunctions.cardinality])

  static let elementAt = ScalarFunction(
    "element_at", aliases: ["list_extract", "list_element", "array_extract", "try_element_at"],
    "The element at a place from 1, from the end if negative, NULL outside; or a map's value of a key.",
    examples: [
      .init("[10, 20, 30][2]", gives: "20"), .init("[10, 20, 30][-1]", gives: "30"),
      .init("[10][5]", gives: "NULL"),
      .init("element_at(MAP {'a': 1}, 'a')", gives: "1"),
    ],
    [
      ScalarOverload(
        "(list LIST, place BIGINT) -> ANY",
        rule: { arguments in
          guard arguments.types.count == 2, let element = ScalarOverload.element(arguments) else {
            return nil
          }
          return SignatureTypes([arguments.types[0], .bigint], returns: element)
        },
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let list = ListRows(arguments[0])
            let places = RowOperand(arguments[1])
            let numbers = places.vector.int64s
            var picked: [UInt32] = []
            var missing: [Bool] = []
            for row in 0..<frame.rowCount {
              var found: Int?
              if frame.isActive(row) { found = place(numbers[row & places.mask], in: list.range(row)) }
              picked.append(UInt32(found ?? 0))
              missing.append(found == nil)
            }
            return take(picked, missing, from: list.elements)
          }
        }),
      MapFunctions.valueOverload,
      ScalarOverload(
        [.init("text", .varchar), .init("place", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, place, _) throws(QueryError) in
          if place > 0 { return TextParts.slice(text, from: place, count: 1) }
          if place == 0 { return StringView() }
          let length = text.withBytes { Int64($0.codePointCount) }
          return TextParts.slice(text, from: length &+ place &+ 1, count: 1)
        }),
    ])

  static let mapValue = ScalarFunction(
    "map_extract_value", "A map's value of a key, NULL if it is not there.",
    examples: [.init("map_extract_value(MAP {'a': 1}, 'b')", gives: "NULL")], [MapFunctions.valueOverload])

  private static func place(_ number: Int64, in range: Range<Int>) -> Int? {
    let count = Int64(range.count)
    if number > 0 && number <= count { return range.lowerBound + Int(number) - 1 }
    if number < 0 && number >= -count { return range.upperBound + Int(number) }
    return nil
  }

  /// Returns the elements of given places, null where one is missing.
  static func take(_ picked: [UInt32], _ missing: [Bool], from elements: Vector) -> Vector {
    let source = elements.flattened()
    if source.count == 0 {
      // No element to show a place for: all rows are missing.
      let nulls = Bitmap(repeating: false, count: picked.count)
      return source.type == .struct
        ? .struct(
          source.fields.map { take(picked, missing, from: $0) }, count: picked.count, validity: nulls)
        : emptyNulls(like: source, count: picked.count)
    }
    let values = source.taking(picked.span)
    guard missing.contains(true) else { return values }
    let present = Bitmap(missing.map { !$0 })
    return values.withValidity(Bitmap.intersection(values.validity, present).map { Kernels.trimmed($0) })
  }

  private static func emptyNulls(like vector: Vector, count: Int) -> Vector {
    switch vector.type {
    case .bit: return .nulls(.boolean, count: count)
    case .int32: return .nulls(.integer, count: count)
    case .int64: return .nulls(.bigint, count: count)
    case .int128: return .nulls(.decimal(precision: 38, scale: 0), count: count)
    case .float: return .nulls(.real, count: count)
    case .double: return .nulls(.double, count: count)
    case .string: return .nulls(.varchar, count: count)
    case .interval: return .nulls(.interval, count: count)
    case .list:
      let ends = [UInt32](repeating: 0, count: count + 1)
      return ListPicker.list(ends, of: vector.elements, Bitmap(repeating: false, count: count))
    case .struct: return vector
    }
  }

  static let slice = ScalarFunction(
    "list_slice", aliases: ["array_slice"],
    "The elements from one place to another, both included, from the end if negative.",
    examples: [
      .init("[1, 2, 3, 4][2:3]", gives: "[2, 3]"), .init("list_slice([1, 2, 3], -2, -1)", gives: "[2, 3]"),
    ],
    [
      ScalarOverload(
        "(list LIST, from BIGINT, to BIGINT) -> LIST",
        rule: { listAndTwo($0) },
        make: { (_) throws(QueryError) in
          slicing { (range, from, to) in
            let count = Int64(range.count)
            let start = max(1, from < 0 ? count &+ from &+ 1 : from)
            let end = min(count, to < 0 ? count &+ to &+ 1 : to)
            return start <= end ? range.lowerBound + Int(start) - 1..<range.lowerBound + Int(end) : 0..<0
          }
        })
    ])

  static let firstCount = ScalarFunction(
    "slice", "So many elements from a place on, which counts from the end if negative.",
    examples: [
      .init("slice([1, 2, 3, 4], 2, 2)", gives: "[2, 3]"), .init("slice([1, 2, 3], -2, 2)", gives: "[2, 3]"),
    ],
    [
      ScalarOverload(
        "(list LIST, from BIGINT, count BIGINT) -> LIST",
        rule: { listAndTwo($0) },
        make: { (_) throws(QueryError) in
          slicing { (range, from, length) in
            let count = Int64(range.count)
            let start = from < 0 ? count &+ from &+ 1 : from
            guard start >= 1, start <= count, length > 0 else { return 0..<0 }
            let first = range.lowerBound + Int(start) - 1
            return first..<first + Int(min(length, count - start + 1))
          }
        })
    ])

  private static func listAndTwo(_ arguments: ArgumentTypes) -> SignatureTypes? {
    guard arguments.types.count == 3, ScalarOverload.element(arguments) != nil else { return nil }
    return SignatureTypes([arguments.types[0], .bigint, .bigint], returns: arguments.types[0])
  }

  private static func slicing(_ part: @escaping (Range<Int>, Int64, Int64) -> Range<Int>) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let list = ListRows(arguments[0])
      let (first, second) = (RowOperand(arguments[1]), RowOperand(arguments[2]))
      let (a, b) = (first.vector.int64s, second.vector.int64s)
      var picker = ListPicker()
      for row in 0..<frame.rowCount {
        if frame.isActive(row) {
          for place in part(list.range(row), a[row & first.mask], b[row & second.mask]) { picker.pick(place) }
        }
        picker.endRow()
      }
      return picker.finish(list.elements, frame.validity)
    }
  }
}
