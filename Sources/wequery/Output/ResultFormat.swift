internal import ArgumentParser

/// The forms in which rows can be printed.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case box, csv, tsv, json, jsonl, markdown, html, vertical, parquet, arrow

  /// Whether results are text, and not a file of columns.
  var isText: Bool { self != .parquet && self != .arrow }
}
