internal import Columnar

/// Fingerprints, and bytes written as text.
enum EncodingFunctions {
  static let all: [ScalarFunction] = [
    digest("md5", "The MD5 fingerprint in hexadecimal.", "900150983cd24fb0d6963f7d28e17f72") {
      Digest.md5($0)
    },
    digest("sha1", "The SHA-1 fingerprint in hexadecimal.", "a9993e364706816aba3e25717850c26c9cd0d89d") {
      Digest.sha1($0)
    },
    digest(
      "sha256", "The SHA-256 fingerprint in hexadecimal.",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    ) { Digest.sha256($0) },
    sha2, xxhash, hash, base64, unbase64, hex, unhex, encode, decode,
  ]

  /// An overload each for text and for bytes.
  static func bytes<R: RowValue>(
    returns result: LogicalType, _: R.Type,
    _ function: @escaping @Sendable (StringView, TextSink) throws(QueryError) -> R?
  ) -> [ScalarOverload] {
    [LogicalType.varchar, .binary].map { type in
      ScalarOverload(
        [.init(type == .varchar ? "text" : "bytes", type)], returns: result,
        RowFunction.unary(StringView.self, R.self) { (value, sink) throws(QueryError) in
          try function(value, sink)
        })
    }
  }

  private static func digest(
    _ name: String, _ summary: String, _ ofABC: String,
    _ function: @escaping @Sendable (Span<UInt8>) -> [UInt8]
  ) -> ScalarFunction {
    ScalarFunction(
      name, summary, examples: [.init("\(name)('abc')", gives: ofABC)],
      bytes(returns: .varchar, StringView.self) { (value, sink) in
        appendHex(value.withBytes { function($0) }, upper: false, to: &sink.bytes)
        return sink.take()
      })
  }

  static func appendHex(_ bytes: [UInt8], upper: Bool, to text: inout [UInt8]) {
    let digits = Array((upper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    for byte in bytes {
      text.append(digits[Int(byte &>> 4)])
      text.append(digits[Int(byte & 15)])
    }
  }

  static let sha2 = ScalarFunction(
    "sha2", "The SHA-2 fingerprint of 256 bits in hexadecimal.",
    examples: [.init("sha2('abc', 256) = sha256('abc')", gives: "true")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("bits", .bigint)], returns: .varchar,
        RowFunction.binary(StringView.self, Int64.self, StringView.self) {
          (text, bits, sink) throws(QueryError) in
          guard bits == 256 || bits == 0 else {
            throw QueryError.unsupported("sha2 of \(bits) bits", hint: "sha2(x, 256) is there")
          }
          appendHex(text.withBytes { Digest.sha256($0) }, upper: false, to: &sink.bytes)
          return sink.take()
        })
    ])

  static let xxhash = ScalarFunction(
    "xxhash64", "The xxHash64 fingerprint as a number.",
    examples: [.init("xxhash64('abc')", gives: "4952883123889572249")],
    bytes(returns: .bigint, Int64.self) { (value, _) in
      Int64(bitPattern: value.withBytes { Digest.xxHash64($0) })
    })

  static let hash = ScalarFunction(
    "hash", "A number that is equal for equal arguments; it may differ between versions.",
    examples: [.init("hash('a') = hash('a')", gives: "true")],
    [
      ScalarOverload(
        "(x ANY, …) -> BIGINT", nulls: .body,
        rule: { arguments in
          arguments.types.isEmpty ? nil : SignatureTypes(arguments.types, returns: .bigint)
        },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            try RowFunction.fill(Int64.self, [], frame) { (row, _) throws(QueryError) in
              var state: UInt64 = 0
              for (index, argument) in arguments.enumerated() {
                let type = site.argumentTypes[index]
                var text: [UInt8] = []
                let value = argument.scalar(at: row, as: type)
                if !value.isNull { ValueText.append(value, as: type, to: &text) }
                state = Digest.xxHash64(text.span, seed: state &* 31 &+ (value.isNull ? 1 : 2))
              }
              return Int64(bitPattern: state)
            }
          }
        })
    ])

  static let base64 = ScalarFunction(
    "base64", aliases: ["to_base64"], "The bytes in base 64 (RFC 4648).",
    examples: [.init("base64('hello')", gives: "aGVsbG8=")],
    bytes(returns: .varchar, StringView.self) { (value, sink) in
      appendBase64(value.bytes, to: &sink.bytes)
      return sink.take()
    })

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func appendBase64(_ bytes: [UInt8], to text: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for (index, byte) in group.enumerated() { word |= UInt32(byte) &<< UInt32(16 - index * 8) }
      for index in 0..<4 {
        text.append(
          index > group.count ? UInt8(ascii: "=") : alphabet[Int(word &>> UInt32(18 - index * 6) & 63)])
      }
    }
  }

  private static func decodeBase64(_ text: StringView) throws(QueryError) -> [UInt8] {
    var result: [UInt8] = []
    var (word, count) = (UInt32(0), 0)
    for byte in text.bytes where byte != UInt8(ascii: "=") && byte > 0x20 {
      let plain =
        byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
      guard let digit = alphabet.firstIndex(of: plain) else {
        throw QueryError(.invalidText, "\"\(text.string)\" is not base 64", value: text.string)
      }
      word = word &<< 6 | UInt32(digit)
      count += 1
      if count == 4 {
        result += [
          UInt8(truncatingIfNeeded: word &>> 16), UInt8(truncatingIfNeeded: word &>> 8),
          UInt8(truncatingIfNeeded: word),
        ]
        (word, count) = (0, 0)
      }
    }
    switch count {
    case 2: result.append(UInt8(truncatingIfNeeded: word &>> 4))
    case 3: result += [UInt8(truncatingIfNeeded: word &>> 10), UInt8(truncatingIfNeeded: word &>> 2)]
    case 1: throw QueryError(.invalidText, "\"\(text.string)\" is not base 64", value: text.string)
    default: break
    }
    return result
  }

  static let unbase64 = ScalarFunction(
    "unbase64", aliases: ["from_base64"], "The bytes that a text in base 64 stands for.",
    examples: [.init("unbase64('aGVsbG8=')", gives: "hello")],
    [
      ScalarOverload(
        [.init("text", .varchar)], returns: .binary,
        RowFunction.unary(StringView.self, StringView.self) { (text, sink) throws(QueryError) in
          sink.bytes = try decodeBase64(text)
          return sink.take()
        })
    ])

  static let hex = ScalarFunction(
    "hex", aliases: ["to_hex"], "The bytes, or the bits of a number, in hexadecimal.",
    examples: [.init("hex('abc')", gives: "616263"), .init("hex(255)", gives: "FF")],
    bytes(returns: .varchar, StringView.self) { (value, sink) in
      appendHex(value.bytes, upper: true, to: &sink.bytes)
      return sink.take()
    } + [
      ScalarOverload(
        [.init("number", .bigint)], returns: .varchar,
        RowFunction.unary(Int64.self, StringView.self) { (value, sink) throws(QueryError) in
          sink.text(String(UInt64(bitPattern: value), radix: 16, uppercase: true))
        })
    ])

  static let unhex = ScalarFunction(
    "unhex", aliases: ["from_hex"], "The bytes that hexadecimal digits stand for.",
    examples: [.init("unhex('616263')", gives: "abc")],
    [
      ScalarOverload(
        [.init("text", .varchar)], returns: .binary,
        RowFunction.unary(StringView.self, StringView.self) { (text, sink) throws(QueryError) in
          sink.bytes = try decodeHex(text)
          return sink.take()
        })
    ])

  private static func decodeHex(_ text: StringView) throws(QueryError) -> [UInt8] {
    var digits: [UInt8] = []
    for byte in text.bytes {
      guard let digit = TextReading.hexDigit(byte) else {
        throw QueryError(.invalidText, "\"\(text.string)\" is not hexadecimal", value: text.string)
      }
      digits.append(digit)
    }
    if digits.count & 1 == 1 { digits.insert(0, at: 0) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] &<< 4 | digits[$0 + 1] }
  }

  static let encode = ScalarFunction(
    "encode", "Bytes as text in `hex`, `base64` or `escape`; of a text with `utf-8` its bytes.",
    examples: [.init("encode('abc'::BINARY, 'hex')", gives: "616263")],
    [
      ScalarOverload(
        [.init("bytes", .binary), .init("format", .varchar)], returns: .varchar,
        RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (value, format, sink) throws(QueryError) in
          switch format.string.lowercased() {
          case "hex": appendHex(value.bytes, upper: false, to: &sink.bytes)
          case "base64": appendBase64(value.bytes, to: &sink.bytes)
          case "escape": ValueText.append(.bytes(value.bytes), as: .binary, to: &sink.bytes)
          default: throw unknownFormat(format)
          }
          return sink.take()
        }),
      ScalarOverload([.init("text", .varchar)], returns: .binary, same()),
      ScalarOverload([.init("text", .varchar), .init("charset", .varchar)], returns: .binary, same()),
    ])

  static let decode = ScalarFunction(
    "decode", aliases: ["from_utf8"],
    "The bytes of a text in `hex`, `base64` or `escape`; or the text of bytes in UTF-8.",
    examples: [.init("decode('616263', 'hex')", gives: "abc")],
    [
      ScalarOverload(
        [.init("text", .varchar), .init("format", .varchar)], returns: .binary,
        RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (text, format, sink) throws(QueryError) in
          switch format.string.lowercased() {
          case "hex": sink.bytes = try decodeHex(text)
          case "base64": sink.bytes = try decodeBase64(text)
          case "escape": _ = text.withBytes { TextReading.appendBinary($0, to: &sink.bytes) }
          default: throw unknownFormat(format)
          }
          return sink.take()
        }),
      ScalarOverload([.init("bytes", .binary)], returns: .varchar, toText()),
      ScalarOverload([.init("bytes", .binary), .init("charset", .varchar)], returns: .varchar, toText()),
    ])

  private static func unknownFormat(_ format: StringView) -> QueryError {
    QueryError(
      .invalidParameter, "there is no encoding \"\(format.string)\"",
      hint: "encodings are hex, base64 and escape",
      value: format.string)
  }

  private static func same() -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let values = RowOperand(arguments[0])
      return try RowFunction.fill(StringView.self, arguments, frame) { (row, _) throws(QueryError) in
        values.vector.strings[row & values.mask]
      }
    }
  }

  private static func toText() -> ScalarBody {
    { (arguments, frame) throws(QueryError) in
      let values = RowOperand(arguments[0])
      return try RowFunction.fill(StringView.self, arguments, frame) { (row, sink) throws(QueryError) in
        let value = values.vector.strings[row & values.mask]
        if value.withBytes({ UTF8Text.firstDamage(in: $0) }) == nil { return value }
        return sink.text(value.string)
      }
    }
  }
}
