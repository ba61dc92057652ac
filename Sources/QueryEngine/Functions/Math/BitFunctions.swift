internal import Columnar

/// Functions of the bits of integers.
enum BitFunctions {
  static let all: [ScalarFunction] = [
    binary("bitwise_and", ["bit_and_op"], "The bits set in both (operator `&`).", "5 & 6", "4") { $0 & $1 },
    binary("bitwise_or", ["bit_or_op"], "The bits set in either (operator `|`).", "5 | 6", "7") { $0 | $1 },
    binary("bitwise_xor", ["xor"], "The bits set in one but not the other (operator `#`).", "5 # 6", "3") {
      $0 ^ $1
    },
    shift(
      "shift_left", ["bitwise_left_shift", "shiftleft"], "The bits moved up (operator `<<`).", "1 << 4", "16"
    ) {
      $1 < 0 || $1 > 63 ? 0 : $0 &<< $1
    },
    shift(
      "shift_right", ["bitwise_right_shift", "shiftright"],
      "The bits moved down, the sign kept (operator `>>`).", "16 >> 2", "4"
    ) {
      $0 &>> ($1 < 0 || $1 > 63 ? 63 : $1)
    },
    not, count,
  ]

  private static func binary(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String, _ gives: String,
    _ function: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary, examples: [.init(example, gives: gives)],
      [
        ScalarOverload(
          [.init("a", .integer), .init("b", .integer)], returns: .integer,
          RowFunction.binary(Int32.self, Int32.self, Int32.self) { (a, b, _) throws(QueryError) in
            Int32(truncatingIfNeeded: function(Int64(a), Int64(b)))
          }),
        ScalarOverload(
          [.init("a", .bigint), .init("b", .bigint)], returns: .bigint,
          RowFunction.binary(Int64.self, Int64.self, Int64.self) { (a, b, _) throws(QueryError) in
            function(a, b)
          }),
      ])
  }

  private static func shift(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String, _ gives: String,
    _ function: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary, examples: [.init(example, gives: gives)],
      [
        ScalarOverload(
          [.init("x", .bigint), .init("count", .bigint)], returns: .bigint,
          RowFunction.binary(Int64.self, Int64.self, Int64.self) { (a, b, _) throws(QueryError) in
            function(a, b)
          })
      ])
  }

  static let not = ScalarFunction(
    "bitwise_not", "Every bit turned (operator `~`).", examples: [.init("~5", gives: "-6")],
    [
      ScalarOverload(
        [.init("x", .integer)], returns: .integer,
        RowFunction.unary(Int32.self, Int32.self) { (x, _) throws(QueryError) in ~x }),
      ScalarOverload(
        [.init("x", .bigint)], returns: .bigint,
        RowFunction.unary(Int64.self, Int64.self) { (x, _) throws(QueryError) in ~x }),
    ])

  static let count = ScalarFunction(
    "bit_count", "How many bits are set.", examples: [.init("bit_count(7)", gives: "3")],
    [
      ScalarOverload(
        [.init("x", .integer)], returns: .bigint,
        RowFunction.unary(Int32.self, Int64.self) { (x, _) throws(QueryError) in Int64(x.nonzeroBitCount) }),
      ScalarOverload(
        [.init("x", .bigint)], returns: .bigint,
        RowFunction.unary(Int64.self, Int64.self) { (x, _) throws(QueryError) in Int64(x.nonzeroBitCount) }),
    ])
}
