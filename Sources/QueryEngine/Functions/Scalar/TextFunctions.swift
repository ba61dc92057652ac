internal import Columnar

/// Every function of text but patterns.
enum TextFunctions {
  static let all: [ScalarFunction] =
    TextLength.all + TextCase.all + TextParts.all + TextSearch.all + TextPadding.all + TextChanges.all
    + TextJoining.all

  /// A function of one text that answers a value of a row.
  static func unary<R: RowValue>(
    _ result: LogicalType, _: R.Type, _ function: @escaping @Sendable (StringView, TextSink) -> R?
  ) -> ScalarOverload {
    ScalarOverload(
      [.init("text", .varchar)], returns: result,
      RowFunction.unary(StringView.self, R.self) { (text, sink) throws(QueryError) in function(text, sink) })
  }
}

/// How long a text is.
enum TextLength {
  static let all: [ScalarFunction] = [length, octetLength, bitLength]

  static let length = ScalarFunction(
    "length", aliases: ["char_length", "character_length", "len"], "The number of code points.",
    examples: [.init("length('straße')", gives: "6"), .init("length('')", gives: "0")],
    [
      TextFunctions.unary(.bigint, Int64.self) { (text, _) in
        text.withBytes { Int64($0.codePointCount) }
      },
      ScalarOverload(
        [.init("bytes", .binary)], returns: .bigint,
        RowFunction.unary(StringView.self, Int64.self) { (bytes, _) throws(QueryError) in
          Int64(bytes.byteCount)
        }),
    ] + ListSize.overloads)

  static let octetLength = ScalarFunction(
    "octet_length", aliases: ["strlen"], "The number of bytes.",
    examples: [.init("octet_length('straße')", gives: "7")],
    [
      TextFunctions.unary(.bigint, Int64.self) { (text, _) in Int64(text.byteCount) },
      ScalarOverload(
        [.init("bytes", .binary)], returns: .bigint,
        RowFunction.unary(StringView.self, Int64.self) { (bytes, _) throws(QueryError) in
          Int64(bytes.byteCount)
        }),
    ])

  static let bitLength = ScalarFunction(
    "bit_length", "The number of bits.", examples: [.init("bit_length('abc')", gives: "24")],
    [TextFunctions.unary(.bigint, Int64.self) { (text, _) in Int64(text.byteCount) * 8 }])
}

/// `length` of lists and maps.
enum ListSize {
  static let overloads: [ScalarOverload] = [
    ScalarOverload(
      "(list LIST) -> BIGINT",
      rule: { arguments in
        guard arguments.types.count == 1 else { return nil }
        switch arguments.types[0] {
        case .list, .map: return SignatureTypes(arguments.types, returns: .bigint)
        default: return nil
        }
      },
      make: { (_) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          let list = RowOperand(arguments[0])
          let ends = list.vector.offsets
          return try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
            let row = row & list.mask
            return Int64(ends[row + 1]) - Int64(ends[row])
          }
        }
      })
  ]
}

/// Upper and lower case.
enum TextCase {
  static let all: [ScalarFunction] = [lower, upper, initcap]

  static let lower = ScalarFunction(
    "lower", aliases: ["lcase"], "The text in lower case.",
    examples: [.init("lower('ÄBC')", gives: "äbc")],
    [TextFunctions.unary(.varchar, StringView.self) { (text, sink) in change(text, toUpper: false, sink) }])

  static let upper = ScalarFunction(
    "upper", aliases: ["ucase"], "The text in upper case.",
    examples: [.init("upper('äbc')", gives: "ÄBC")],
    [TextFunctions.unary(.varchar, StringView.self) { (text, sink) in change(text, toUpper: true, sink) }])

  static let initcap = ScalarFunction(
    "initcap", "The text with the first letter of each word in upper case, the others in lower case.",
    examples: [.init("initcap('hello wORLD-wide')", gives: "Hello World-Wide")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, sink) in
        var isStart = true
        for scalar in text.string.unicodeScalars {
          append(scalar, toUpper: isStart, to: &sink.bytes)
          isStart = !(scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
        }
        return sink.take()
      }
    ])

  static func change(_ text: StringView, toUpper: Bool, _ sink: TextSink) -> StringView {
    let first: UInt8 = toUpper ? UInt8(ascii: "a") : UInt8(ascii: "A")
    let isPlain = text.withBytes { bytes in
      sink.bytes.append(bytes: bytes)
      return bytes.isASCII
    }
    if isPlain {
      var room = sink.bytes.mutableSpan
      for index in room.indices {
        let byte = room[index]
        room[index] = byte ^ (byte &- first < 26 ? 0x20 : 0)
      }
    }
    if isPlain { return sink.take() }
    sink.bytes.removeAll(keepingCapacity: true)
    for scalar in text.string.unicodeScalars { append(scalar, toUpper: toUpper, to: &sink.bytes) }
    return sink.take()
  }

  /// The simple case mapping: one code point for one, so that `ß` stays.
  private static func append(_ scalar: Unicode.Scalar, toUpper: Bool, to bytes: inout [UInt8]) {
    let mapped = toUpper ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
    if mapped.unicodeScalars.count == 1 {
      bytes.append(contentsOf: mapped.utf8)
    } else {
      bytes.append(contentsOf: String(scalar).utf8)
    }
  }
}
