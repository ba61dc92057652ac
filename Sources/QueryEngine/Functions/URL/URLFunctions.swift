internal import Columnar

/// Functions of URLs.
enum URLFunctions {
  static let all: [ScalarFunction] =
    [
      part("url_protocol", ["url_extract_protocol", "url_scheme"], "The scheme, such as `https`.", "https") {
        $0.scheme
      },
      part("url_host", ["url_extract_host"], "The host's name, without port and user.", "www.shop.example") {
        $0.host
      },
      part("url_path", ["url_extract_path"], "The path, from the first slash on.", "/a/b") { $0.path },
      part(
        "url_query", ["url_extract_query"], "What stands behind the question mark.", "q=x+y&utm_source=mail"
      ) { $0.query },
      part("url_fragment", ["url_extract_fragment"], "What stands behind the hash sign.", "top") {
        $0.fragment
      },
      port, domain, parameter, parse, encode, decode,
    ] + ["source", "medium", "campaign", "term", "content"].map { utm($0) }

  private static let sample = "https://me@www.shop.example:8443/a/b?q=x+y&utm_source=mail#top"

  private static func slice(_ text: StringView, _ range: Range<Int>?) -> StringView? {
    range.map { text.slice(from: $0.lowerBound, count: $0.count) }
  }

  private static func part(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String,
    _ range: @escaping @Sendable (URLParts) -> Range<Int>?
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary, examples: [.init("\(name)('\(sample)')", gives: example)],
      [
        TextFunctions.unary(.varchar, StringView.self) { (url, _) in
          slice(url, url.withBytes { range(URLParts($0)) })
        }
      ])
  }

  static let port = ScalarFunction(
    "url_port", aliases: ["url_extract_port"], "The port, NULL if none is given.",
    examples: [.init("url_port('\(sample)')", gives: "8443")],
    [
      TextFunctions.unary(.integer, Int32.self) { (url, _) in
        slice(url, url.withBytes { URLParts($0).port }).flatMap { $0.withBytes { IntegerText.parse($0) } }
          .flatMap { Int32(exactly: $0) }
      }
    ])

  static let domain = ScalarFunction(
    "url_domain", "The host's name without `www.`.",
    examples: [.init("url_domain('\(sample)')", gives: "shop.example")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (url, _) in
        let range = url.withBytes { bytes in
          URLParts(bytes).host.map { host in
            host.count > 4 && bytes.hasBytes(Array("www.".utf8), at: host.lowerBound)
              ? host.lowerBound + 4..<host.upperBound : host
          }
        }
        return slice(url, range)
      }
    ])

  private static func value(_ url: StringView, _ name: [UInt8], _ sink: TextSink) -> StringView? {
    url.withBytes { bytes in
      guard let range = URLParts(bytes).parameter(name, bytes) else { return nil }
      URLParts.decode(bytes, range, plusIsSpace: true, to: &sink.bytes)
      return sink.take()
    }
  }

  static let parameter = ScalarFunction(
    "url_parameter", aliases: ["url_extract_parameter"],
    "The decoded value of a parameter of the query, NULL if it is not there.",
    examples: [.init("url_parameter('\(sample)', 'q')", gives: "x y")],
    [
      ScalarOverload(
        [.init("url", .varchar), .init("name", .varchar)], returns: .varchar,
        RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (url, name, sink) throws(QueryError) in
          value(url, name.bytes, sink)
        })
    ])

  private static func utm(_ name: String) -> ScalarFunction {
    ScalarFunction(
      "url_utm_\(name)", "The parameter `utm_\(name)` of the query.",
      examples: [.init("url_utm_\(name)('https://a.example/?utm_\(name)=news+1')", gives: "news 1")],
      [
        TextFunctions.unary(.varchar, StringView.self) { (url, sink) in
          value(url, Array("utm_\(name)".utf8), sink)
        }
      ])
  }

  static let parse = ScalarFunction(
    "parse_url", "A part of a URL by Spark's names: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY.",
    examples: [
      .init("parse_url('\(sample)', 'HOST')", gives: "www.shop.example"),
      .init("parse_url('\(sample)', 'QUERY', 'q')", gives: "x y"),
    ],
    [
      ScalarOverload(
        [.init("url", .varchar), .init("part", .varchar)], returns: .varchar,
        RowFunction.binary(StringView.self, StringView.self, StringView.self) {
          (url, name, _) throws(QueryError) in
          let parts = url.withBytes { URLParts($0) }
          switch name.string.uppercased() {
          case "HOST": return slice(url, parts.host)
          case "PATH": return slice(url, parts.path)
          case "QUERY": return slice(url, parts.query)
          case "REF": return slice(url, parts.fragment)
          case "PROTOCOL": return slice(url, parts.scheme)
          case "FILE":
            return slice(url, parts.path.lowerBound..<(parts.query?.upperBound ?? parts.path.upperBound))
          case "AUTHORITY":
            return slice(url, parts.host.map { $0.lowerBound..<(parts.port?.upperBound ?? $0.upperBound) })
          default:
            throw QueryError(
              .invalidParameter, "a URL has no part \"\(name.string)\"",
              hint: "parts are HOST, PATH, QUERY, REF, PROTOCOL, FILE and AUTHORITY", value: name.string)
          }
        }),
      ScalarOverload(
        [.init("url", .varchar), .init("part", .varchar), .init("name", .varchar)], returns: .varchar,
        RowFunction.ternary(StringView.self, StringView.self, StringView.self, StringView.self) {
          (url, _, name, sink) throws(QueryError) in value(url, name.bytes, sink)
        }),
    ])

  static let encode = ScalarFunction(
    "url_encode", "The text with all but letters, digits and `-_.~` written as `%41`.",
    examples: [.init("url_encode('a b/ü')", gives: "a%20b%2F%C3%BC")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, sink) in
        text.withBytes { bytes in
          for index in bytes.indices {
            let byte = bytes[index]
            if (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || "-_.~".utf8.contains(byte) {
              sink.bytes.append(byte)
            } else {
              sink.bytes.append(UInt8(ascii: "%"))
              EncodingFunctions.appendHex([byte], upper: true, to: &sink.bytes)
            }
          }
        }
        return sink.take()
      }
    ])

  static let decode = ScalarFunction(
    "url_decode", "The text with `%41` and `+` decoded.",
    examples: [.init("url_decode('a%20b+c')", gives: "a b c")],
    [
      TextFunctions.unary(.varchar, StringView.self) { (text, sink) in
        text.withBytes { URLParts.decode($0, 0..<$0.count, plusIsSpace: true, to: &sink.bytes) }
        return sink.take()
      }
    ])
}
