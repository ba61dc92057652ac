package import Columnar

/// Collects events and gives them out as batches in the order of the table's columns.
package struct WebEventBatchBuilder {
  private var builders = WebEventColumn.all.map { VectorBuilder($0.type) }
  private var botMarks: BotMarks
  /// Events since the last batch.
  package private(set) var count = 0

  /// Makes an empty builder that flags bots by `rule`.
  package init(rule: BotRule) { botMarks = BotMarks(rule) }

  /// Adds an event.
  package mutating func append(_ event: borrowing WebEvent) {
    let columns = WebEventColumn.all
    let bytes = event.allBytes
    for index in columns.indices {
      switch columns[index].source {
      case .text(let text, let missing):
        if let range = event.range(of: text) {
          builders[index].append(bytes: bytes.span.extracting(range))
        } else if let missing {
          builders[index].append(bytes: missing.span)
        } else {
          builders[index].appendNull()
        }
      case .value(let value): builders[index].append(value(event))
      case .deviceType:
        let device = event.deviceType
        builders[index].append(bytes: device.span)
      case .isBot:
        let range = event.range(of: .userAgent) ?? 0..<0
        builders[index].append(.boolean(botMarks.isBot(bytes.span.extracting(range))))
      }
    }
    count += 1
  }

  /// Returns the events collected so far and begins anew.
  package mutating func take() -> Batch {
    let batch = Batch(columns: builders.map { $0.finish() }, rowCount: count)
    builders = WebEventColumn.all.map { VectorBuilder($0.type) }
    count = 0
    return batch
  }
}
