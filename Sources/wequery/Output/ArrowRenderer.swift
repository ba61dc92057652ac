internal import Columnar
internal import FileFormats

/// Arrow's streaming format: for other programs, not for eyes.
struct ArrowRenderer: ResultRenderer {
  private var types: [LogicalType] = []

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    types = columns.map(\.type)
    output.write(ArrowStream.schema(columns.map { ($0.name, $0.type) }))
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    output.write(ArrowStream.rows(batch, types: types))
  }

  mutating func end(to output: TextOutput) { output.write(ArrowStream.end) }
}
