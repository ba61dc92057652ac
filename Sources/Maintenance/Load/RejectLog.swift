internal import Columnar

/// Where a record stands.
struct RecordPlace {
  var file: String
  /// From 1.
  var line: Int
  /// Of the line's first byte, in the file decompressed.
  var byteOffset: Int
}

/// Takes the refused records of a load to `wequery.rejects`, some at a time, so that a file of nothing else fits
/// memory.
final class RejectLog {
  private static let batchCount = 500
  /// How many are kept for the report.
  private static let shownCount = 20
  /// The longest text that is kept of a record.
  private static let textByteCount = 8192

  private let state: WarehouseState
  private let table: String
  private let runID: String
  private let micros: Int64
  private var waiting: [WarehouseState.Reject] = []
  private(set) var count = 0
  /// The first of them.
  private(set) var first: [WarehouseState.Reject] = []
  /// What went wrong with keeping them; said at the end.
  private var failure: MaintenanceError?

  init(_ state: WarehouseState, table: String, runID: String, at micros: Int64) {
    (self.state, self.table, self.runID, self.micros) = (state, table, runID, micros)
  }

  /// Adds a record: where it is, why it is refused, and its text, of which access secrets are masked.
  func add(_ place: RecordPlace, _ reason: String, _ text: Span<UInt8>) {
    count += 1
    let masked = SecretMask.masked(text.extracting(0..<min(text.count, Self.textByteCount)))
    let reject = WarehouseState.Reject(
      file: place.file, line: place.line, byteOffset: place.byteOffset, reason: reason,
      rawText: String(decoding: masked, as: UTF8.self))
    if first.count < Self.shownCount { first.append(reject) }
    waiting.append(reject)
    guard waiting.count >= Self.batchCount else { return }
    do throws(MaintenanceError) { try flush() } catch { failure = failure ?? error }
  }

  private func flush() throws(MaintenanceError) {
    defer { waiting.removeAll(keepingCapacity: true) }
    try state.add(waiting, table: table, runID: runID, at: micros)
  }

  /// Writes what is left.
  func finish() throws(MaintenanceError) {
    try flush()
    if let failure { throw failure }
  }
}

/// Hides access secrets in text that is kept for people.
enum SecretMask {
  private static let names = ["spaceToken", "space_token", "token"].map { Array($0.utf8) }

  /// Returns the text with the values of secret members replaced by `***`, be they whole or cut off, in JSON or
  /// in JSON within a string.
  static func masked(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    while at < text.count {
      guard text[at] == UInt8(ascii: "\""), let value = value(text, behindQuote: at + 1) else {
        result.append(text[at])
        at += 1
        continue
      }
      result.append(bytes: text.extracting(at..<value.lowerBound))
      result += [0x2A, 0x2A, 0x2A]
      at = value.upperBound
    }
    return result
  }

  /// Returns where the value lies if the name of a secret stands behind a quote.
  private static func value(_ text: Span<UInt8>, behindQuote start: Int) -> Range<Int>? {
    guard let name = names.first(where: { begins(text, start, $0) }) else { return nil }
    var at = start + name.count
    // A backslash before the closing quote: the text is JSON within a string.
    let isEscaped = at < text.count && text[at] == UInt8(ascii: "\\")
    while at < text.count, text[at] == UInt8(ascii: "\\") { at += 1 }
    guard at < text.count, text[at] == UInt8(ascii: "\"") else { return nil }
    at += 1
    while at < text.count, text[at] == 0x20 || text[at] == 0x09 { at += 1 }
    guard at < text.count, text[at] == UInt8(ascii: ":") else { return nil }
    at += 1
    while at < text.count, text[at] == 0x20 || text[at] == 0x09 { at += 1 }
    while isEscaped, at < text.count, text[at] == UInt8(ascii: "\\") { at += 1 }
    if at < text.count, text[at] == UInt8(ascii: "\"") {
      let first = at + 1
      at = first
      while at < text.count {
        if text[at] == UInt8(ascii: "\\") {
          if isEscaped { break }
          at += 1
        } else if text[at] == UInt8(ascii: "\"") {
          break
        }
        at += 1
      }
      return first..<min(at, text.count)
    }
    let first = at
    while at < text.count, text[at] != 0x2C, text[at] != 0x7D, text[at] != 0x5D { at += 1 }
    return first..<at
  }

  private static func begins(_ text: Span<UInt8>, _ start: Int, _ name: [UInt8]) -> Bool {
    guard text.count - start >= name.count else { return false }
    for index in name.indices where text[start + index] != name[index] { return false }
    return true
  }
}
