internal import Columnar
internal import FileFormats
internal import TableFormat

/// Bytes that say what something means, the same in every process: what keys of kept results are hashed from.
///
/// Every value is written with its length or a fixed width behind a tag, so that no two meanings give the
/// same bytes.
struct KeyText {
  private(set) var bytes: [UInt8] = []

  /// The hash of the bytes.
  var hash: ContentKey {
    let halves = Murmur3.hash128(bytes.span)
    return ContentKey(halves.first, halves.second)
  }

  mutating func append(tag: Character) { bytes.append(contentsOf: String(tag).utf8) }

  mutating func append(_ number: Int64) {
    var rest = UInt64(bitPattern: number)
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest = rest &>> 8
    }
  }

  mutating func append(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  mutating func append(_ more: [UInt8]) {
    append(Int64(more.count))
    bytes.append(contentsOf: more)
  }

  mutating func append(_ text: String) { append(Array(text.utf8)) }

  mutating func append(_ value: ScalarValue) {
    switch value {
    case .null: append(tag: "n")
    case .boolean(let flag):
      append(tag: "b")
      append(flag)
    case .integer(let number):
      append(tag: "i")
      append(number)
    case .decimal(let number):
      append(tag: "m")
      append(Int64(truncatingIfNeeded: number))
      append(Int64(truncatingIfNeeded: number &>> 64))
    case .real(let number):
      append(tag: "r")
      append(Int64(number.bitPattern))
    case .double(let number):
      append(tag: "d")
      append(Int64(bitPattern: number.bitPattern))
    case .bytes(let text):
      append(tag: "t")
      append(text)
    case .interval(let interval):
      append(tag: "v")
      append(Int64(interval.months))
      append(Int64(interval.days))
      append(interval.micros)
    case .list(let values):
      append(tag: "l")
      append(values)
    case .struct(let values):
      append(tag: "s")
      append(values)
    case .map(let keys, let values):
      append(tag: "p")
      append(keys)
      append(values)
    }
  }

  private mutating func append(_ values: [ScalarValue]) {
    append(Int64(values.count))
    for value in values { append(value) }
  }

  /// Appends what a field is read as: its id, its type with all ids within, and what older files hold.
  mutating func append(_ field: NestedField) {
    append(tag: "f")
    append(Int64(field.id.rawValue))
    let children = field.type.childFields
    append(Int64(children.count))
    switch field.type {
    case .struct: append(tag: "s")
    case .list: append(tag: "l")
    case .map: append(tag: "p")
    case .variant: append(tag: "v")
    default:
      append(tag: "t")
      append((try? field.type.logicalType.description) ?? "")
    }
    append(field.initialDefault ?? .null)
    for child in children { append(child) }
  }

  /// Appends a predicate of planning, which names columns by their field id.
  mutating func append(_ predicate: Predicate) {
    func leaf(_ tag: Character, _ field: FieldID, _ text: inout KeyText) {
      text.append(tag: tag)
      text.append(Int64(field.rawValue))
    }
    func literals(_ values: [Predicate.Literal], _ text: inout KeyText) {
      text.append(Int64(values.count))
      for value in values { text.append(value) }
    }
    func parts(_ tag: Character, _ parts: [Predicate], _ text: inout KeyText) {
      text.append(tag: tag)
      text.append(Int64(parts.count))
      for part in parts { text.append(part) }
    }
    switch predicate {
    case .alwaysTrue: append(tag: "T")
    case .alwaysFalse: append(tag: "F")
    case .and(let all): parts("&", all, &self)
    case .or(let all): parts("|", all, &self)
    case .not(let inner): parts("!", [inner], &self)
    case .comparison(let field, let comparison, let literal):
      leaf("c", field, &self)
      append(Int64(comparison.rawValue))
      append(literal)
    case .isIn(let field, let values):
      leaf("i", field, &self)
      literals(values, &self)
    case .isNotIn(let field, let values):
      leaf("j", field, &self)
      literals(values, &self)
    case .isNull(let field): leaf("n", field, &self)
    case .isNotNull(let field): leaf("o", field, &self)
    case .isNaN(let field): leaf("a", field, &self)
    case .isNotNaN(let field): leaf("b", field, &self)
    case .startsWith(let field, let prefix):
      leaf("s", field, &self)
      append(prefix)
    case .doesNotStartWith(let field, let prefix):
      leaf("t", field, &self)
      append(prefix)
    }
  }

  private mutating func append(_ literal: Predicate.Literal) {
    append(literal.value)
    append(literal.type.description)
  }

  /// Appends all that the rows of a file depend on: the file, its partition, the rows left by the predicate,
  /// and the deletes that apply.
  mutating func append(_ task: FileScanTask) {
    let file = task.file
    append(file.path)
    append(file.fileSizeInBytes)
    append(file.recordCount)
    append(Int64(task.spec.id))
    append(file.partition)
    append(task.residual)
    appendDeletes(of: task)
  }

  /// Appends the deletes that leave rows of a file out.
  mutating func appendDeletes(of task: FileScanTask) {
    let deletes = task.deletes
    if deletes.isEmpty || task.showsDeletedRows { return append(tag: "-") }
    append(tag: "x")
    if let vector = deletes.deletionVector {
      append(vector.path)
      append(vector.fileSizeInBytes)
      append(vector.recordCount)
      append(vector.contentOffset ?? -1)
    }
    let positions = deletes.positionDeletes.sorted { $0.path < $1.path }
    append(Int64(positions.count))
    for file in positions {
      append(file.path)
      append(file.fileSizeInBytes)
    }
    append(Int64(deletes.equalityDeletes.count))
    if deletes.equalityDeletes.isEmpty { return }
    // Which of a group's files apply is told by sequence numbers.
    append(task.dataSequenceNumber)
    for group in deletes.equalityDeletes {
      for id in group.equalityIDs { append(Int64(id.rawValue)) }
      for file in group.files {
        append(file.file.path)
        append(file.file.fileSizeInBytes)
        append(file.sequenceNumber)
      }
    }
  }
}

/// A hash of 128 bits that stands for what it was made of.
struct ContentKey: Hashable, Sendable {
  let first: UInt64
  let second: UInt64

  init(_ first: UInt64, _ second: UInt64) { (self.first, self.second) = (first, second) }

  /// Reads the 16 bytes that ``bytes`` gave.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    var halves: [UInt64] = [0, 0]
    for (index, byte) in bytes.enumerated() { halves[index / 8] |= UInt64(byte) &<< UInt64(index % 8 * 8) }
    self.init(halves[0], halves[1])
  }

  /// The key as 16 bytes.
  var bytes: [UInt8] {
    [first, second].flatMap { half in
      (0..<8).map { UInt8(truncatingIfNeeded: half &>> UInt64($0 * 8)) }
    }
  }
}
