internal import Columnar

/// A column of a result, as renderers see it.
struct ResultColumn: Sendable {
  let name: String
  let type: LogicalType
}

/// Turns the rows of one statement into text, batch by batch.
protocol ResultRenderer: Sendable {
  /// Begins a result of these columns.
  mutating func begin(_ columns: [ResultColumn], to output: TextOutput)
  /// Renders rows; the batch has no selection.
  mutating func write(_ batch: Batch, to output: TextOutput)
  /// Ends the result.
  mutating func end(to output: TextOutput)
}

extension ResultFormat {
  /// Returns a renderer; `width` is the terminal's, 0 for none, and `command` what JSON calls the command.
  ///
  /// `parquet` is a file and no stream: ``ParquetResult`` makes it.
  func renderer(width: Int, command: String) -> (any ResultRenderer)? {
    switch self {
    case .box: BoxRenderer(width: width)
    case .csv: SeparatedRenderer(separator: UInt8(ascii: ","))
    case .tsv: SeparatedRenderer(separator: UInt8(ascii: "\t"))
    case .json: JSONRenderer(command: command)
    case .jsonl: JSONLinesRenderer()
    case .markdown: MarkdownRenderer()
    case .html: HTMLRenderer()
    case .vertical: VerticalRenderer()
    case .arrow: ArrowRenderer()
    case .parquet: nil
    }
  }
}
