import FileFormats
import Testing

@Suite("JSON: objects of one shape") struct JSONShapeTests {
  private static let model = #"{"id":12,"name":"a","in":{"k":"v","l":[1,2.5e3,-0]},"t":true,"e":"\\n"}"#

  /// Passes an object behind some other text; nil when the shape leaves it to a scanner.
  private func match(_ object: String, like model: String) throws -> [String]? {
    let known = Array(model.utf8)
    var scanner = JSONScanner()
    _ = try scanner.value(known.span)
    var shape = JSONShape(known.span, 0..<known.count)
    let text = Array("[0,\(object),7]".utf8)
    guard let end = shape.match(text.span, at: 3) else { return nil }
    scanner = JSONScanner(at: 3)
    _ = try scanner.value(text.span)
    #expect(end == scanner.position)
    return shape.slots.map { String(decoding: text[$0.range], as: UTF8.self) }
  }

  @Test(arguments: [
    (model, ["12", "a", "v", "1", "-0"]),
    (
      #"{"id":-7,"name":"","in":{"k":"a longer value","l":[0,2.5e3,9]},"t":true,"e":"\\n"}"#,
      ["-7", "", "a longer value", "0", "9"]
    ),
  ]) func whatDiffersIsFound(object: String, slots: [String]) throws {
    #expect(try match(object, like: Self.model) == slots)
  }

  @Test(arguments: [
    ("12", "1.5"), ("12", "01"), ("12", "1e5"), ("12", "-"), ("12", ""), ("12", "null"), ("12", "\"12\""),
    ("\"name\"", "\"nome\""), ("\"a\"", "\"a\\n\""), ("\"a\"", "\"\u{1}\""), ("\"a\"", "\"ä\""),
    ("\"a\"", "7"),
    ("true", "false"), ("2.5e3", "2.5e4"), (",\"t\":true", ""), ("\"k\":", "\"k\" :"), ("\\n\"}", "\\n\""),
    ("\\n\"}", "\\n\",\"x\":1}"),
  ]) func whatHasAnotherShapeIsLeftToTheScanner(old: String, new: String) throws {
    #expect(try match(Self.model.replacing(old, with: new), like: Self.model) == nil)
  }

  @Test func aKeyIsNoValueWhateverStandsBeforeItsColon() throws {
    #expect(try match(#"{"b" : "x"}"#, like: #"{"a" : "x"}"#) == nil)
    #expect(try match(#"{"a" : "y"}"#, like: #"{"a" : "x"}"#) == ["y"])
  }

  @Test func nothingHasTheShapeOfNothing() {
    var shape = JSONShape()
    let text = Array(#"{"a":1}"#.utf8)
    #expect(shape.match(text.span, at: 0) == nil)
  }
}
