internal import Columnar

/// Collects the booleans of one leaf; they have no dictionary.
struct BooleanStage: ValueStage {
  private var values: [UInt8] = []
  private var pageBounds: [(min: Bool, max: Bool)?] = []
  private var allBounds: (min: Bool, max: Bool)?

  var valueCount: Int { values.count }
  var pageByteCount: Int { values.count / 8 }
  var dictionaryByteCount: Int { 0 }
  var isPageComplete: Bool { false }
  var nanCount: Int? { nil }

  func byteCount(of vector: Vector, _ rows: Range<Int>) -> Int { rows.count / 8 }

  mutating func append(_ vector: Vector, _ rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    switch vector.encoding {
    case .flat:
      let bits = vector.bits
      let words = bits.words
      for row in rows { values.append(BooleanStage.bit(row, of: words)) }
    case .constant:
      guard let base = vector.base?.flattened() else { return }
      let value: UInt8 = base.bits[0] ? 1 : 0
      values.append(contentsOf: repeatElement(value, count: rows.count))
    case .dictionary:
      guard let base = vector.base?.flattened() else { return }
      let bits = base.bits
      let words = bits.words
      let codes = vector.codes
      for row in rows { values.append(BooleanStage.bit(Int(codes[row]), of: words)) }
    }
  }

  @inline(__always) private static func bit(_ row: Int, of words: Span<UInt64>) -> UInt8 {
    UInt8(truncatingIfNeeded: words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1)
  }

  mutating func encodePage(to bytes: inout [UInt8]) -> ParquetEncoding {
    let staged = values
    values = []
    let page = staged.span
    var ones = 0
    for row in page.indices { ones &+= Int(page[row]) }
    if page.count == 0 {
      pageBounds.append(nil)
    } else {
      let bounds = (min: ones == page.count, max: ones > 0)
      pageBounds.append(bounds)
      allBounds = allBounds.map { ($0.min && bounds.min, $0.max || bounds.max) } ?? bounds
    }
    BitPacker.append(page, bitWidth: 1, byteCount: (page.count + 7) / 8, to: &bytes)
    return .plain
  }

  mutating func finishChunk() -> StagedChunk {
    var chunk = StagedChunk()
    chunk.pageBounds = pageBounds.map { bounds in bounds.map { BooleanStage.plain($0) } }
    var union: (min: Bool, max: Bool)?
    for case .some(let bounds) in pageBounds {
      union = union.map { ($0.min && bounds.min, $0.max || bounds.max) } ?? bounds
    }
    chunk.bounds = union.map { BooleanStage.plain($0) }
    pageBounds = []
    return chunk
  }

  private static func plain(_ bounds: (min: Bool, max: Bool)) -> StagedChunk.Bounds {
    StagedChunk.Bounds(min: [bounds.min ? 1 : 0], max: [bounds.max ? 1 : 0])
  }

  func bounds(as type: LogicalType) -> (min: ScalarValue, max: ScalarValue)? {
    allBounds.map { (.boolean($0.min), .boolean($0.max)) }
  }
}
