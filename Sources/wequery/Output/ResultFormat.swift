internal import ArgumentParser

/// The forms in which rows can be printed.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case box, csv, tsv, json, jsonl, markdown, html, vertical, parquet, arrow

  /// The forms of text, for messages.
  static var textNames: String {
    allCases.filter(\.isText).map(\.rawValue).joined(separator: ", ")
  }

  /// The form that a file's ending stands for.
  init?(fileEnding: String) {
    let others: [String: ResultFormat] = [
      "txt": .box, "md": .markdown, "htm": .html, "ndjson": .jsonl, "arrows": .arrow,
    ]
    guard let form = others[fileEnding] ?? ResultFormat(rawValue: fileEnding) else { return nil }
    self = form
  }

  /// Whether results are text, for eyes and for programs.
  var isText: Bool { self != .parquet && self != .arrow }
}
