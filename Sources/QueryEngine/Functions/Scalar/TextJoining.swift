internal import Columnar

/// Texts put one behind the other.
enum TextJoining {
  static let all: [ScalarFunction] = [concatenate, concat, concatWithSeparator]

  static let concatenate = ScalarFunction(
    "concatenate", "One text behind the other, or one list; NULL if either is (operator `||`).",
    examples: [
      .init("'a' || 'b'", gives: "ab"), .init("'a' || 1", gives: "a1"), .init("'a' || NULL", gives: "NULL"),
    ],
    [
      ScalarOverload(
        [.init("a", .binary), .init("b", .binary)], returns: .binary, joinPair()),
      ScalarOverload(
        "(a VARCHAR, b VARCHAR) -> VARCHAR",
        rule: { arguments in
          guard arguments.types.count == 2, !arguments.types.contains(where: \.isNested) else { return nil }
          return SignatureTypes([.varchar, .varchar], returns: .varchar, penalty: 1, casts: true)
        },
        make: { (_) throws(QueryError) in joinPair() }),
    ] + ListFunctions.concatOverloads)

  private static func joinPair() -> ScalarBody {
    RowFunction.binary(StringView.self, StringView.self, StringView.self) { (a, b, sink) throws(QueryError) in
      sink.append(a)
      sink.append(b)
      return sink.take()
    }
  }

  static let concat = ScalarFunction(
    "concat", "The texts of all arguments one behind the other, nulls left out; or of lists their elements.",
    examples: [.init("concat('a', NULL, 1)", gives: "a1")],
    [
      ScalarOverload(
        "(x ANY, …) -> VARCHAR", nulls: .body,
        rule: { arguments in
          guard !arguments.types.isEmpty, !arguments.types.contains(where: \.isNested) else { return nil }
          return SignatureTypes(arguments.types.map { _ in .varchar }, returns: .varchar, casts: true)
        },
        make: { (_) throws(QueryError) in join(hasSeparator: false) })
    ] + ListFunctions.concatManyOverloads)

  static let concatWithSeparator = ScalarFunction(
    "concat_ws", "The texts of the arguments with `separator` between them, nulls left out.",
    examples: [.init("concat_ws('-', 'a', NULL, 'b')", gives: "a-b")],
    [
      ScalarOverload(
        "(separator VARCHAR, x ANY, …) -> VARCHAR", nulls: .body,
        rule: { arguments in
          guard arguments.types.count >= 1, !arguments.types.contains(where: \.isNested) else { return nil }
          return SignatureTypes(arguments.types.map { _ in .varchar }, returns: .varchar, casts: true)
        },
        make: { (_) throws(QueryError) in join(hasSeparator: true) })
    ])

  private static func join(hasSeparator: Bool) -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let operands = arguments.map { RowOperand($0) }
      return try RowFunction.fill(StringView.self, [], frame) { (row, sink) throws(QueryError) in
        var separator: StringView?
        var isFirst = true
        for (index, operand) in operands.enumerated() {
          let place = row & operand.mask
          let isNull = operand.vector.isNull(at: place)
          let values = operand.vector.strings
          if hasSeparator && index == 0 {
            if isNull { return nil }
            separator = values[place]
            continue
          }
          if isNull { continue }
          if let separator, !isFirst { sink.append(separator) }
          isFirst = false
          sink.append(values[place])
        }
        return sink.take()
      }
    }
  }
}
