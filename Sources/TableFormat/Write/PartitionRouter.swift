internal import Columnar

/// Sorts the rows of batches by partition.
final class PartitionRouter {
  private struct Source {
    var place: FieldPlace
    var transform: Transform
    var type: LogicalType
    var resultType: LogicalType
  }

  /// Some rows of a batch and their partition.
  struct Part {
    /// The partition's number.
    var partition: Int
    /// The rows; `nil` for all.
    var rows: [UInt32]?
  }

  private let sources: [Source?]
  /// The partition tuples that came up, by number.
  private(set) var partitions: [[ScalarValue]] = []
  private var numbers: [[UInt8]: Int] = [:]

  /// Makes a router for the target's spec.
  init(_ target: WriteTarget) throws(TableFormatError) {
    var sources: [Source?] = []
    for (index, field) in target.spec.fields.enumerated() {
      if field.transform == .void {
        sources.append(nil)
        continue
      }
      guard let place = FieldPlace(field.sourceID, in: target.schema),
        let type = target.schema.field(id: field.sourceID)?.type
      else {
        throw TableFormatError(
          .invalidArgument,
          "the partition field \"\(field.name)\" is made of the field \(field.sourceID), which is no plain column",
          field: field.name)
      }
      sources.append(
        Source(
          place: place, transform: field.transform, type: try type.logicalType,
          resultType: target.partitionTypes[index]))
    }
    self.sources = sources
  }

  /// Finds the partitions of a batch's rows.
  ///
  /// - Parameter batch: A batch without a selection.
  /// - Returns: The partitions, each with its rows in order.
  func split(_ batch: Batch) -> [Part] {
    let values = sources.map { source in
      source.map { $0.transform.apply($0.place.values(in: batch.columns[$0.place.column]), $0.type) }
    }
    let varying = values.compactMap { $0 }.filter { $0.encoding != .constant }
    if varying.isEmpty { return [Part(partition: number(values, row: 0))] }
    let starts = runs(varying, batch.rowCount)
    if starts.count == 1 { return [Part(partition: number(values, row: 0))] }
    // A run of equal rows costs one look-up.
    let keys = EqualityKeys(values.compactMap { $0 }, rowCount: batch.rowCount)
    var key: [UInt8] = []
    var parts: [Part] = []
    var partOfNumber: [Int: Int] = [:]
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : batch.rowCount
      keys.encode(start, into: &key)
      let number = numbers[key] ?? add(key, values, row: start)
      let part: Int
      if let known = partOfNumber[number] {
        part = known
      } else {
        part = parts.count
        partOfNumber[number] = part
        parts.append(Part(partition: number, rows: []))
      }
      for row in start..<end { parts[part].rows?.append(UInt32(row)) }
    }
    if parts.count == 1 { parts[0].rows = nil }
    return parts
  }

  private func number(_ values: [Vector?], row: Int) -> Int {
    let present = values.compactMap { $0 }.map { $0.encoding == .constant ? ($0.base ?? $0) : $0 }
    // One row is enough, and a constant has it in row 0.
    let first: [Vector] = present.map { vector in
      let rows: [UInt32] = [UInt32(row)]
      return vector.taking(rows.span)
    }
    var key: [UInt8] = []
    EqualityKeys(first, rowCount: 1).encode(0, into: &key)
    return numbers[key] ?? add(key, values, row: row)
  }

  private func add(_ key: [UInt8], _ values: [Vector?], row: Int) -> Int {
    let tuple = sources.indices.map { index -> ScalarValue in
      guard let source = sources[index], let vector = values[index] else { return .null }
      return vector.scalar(at: row, as: source.resultType)
    }
    partitions.append(tuple)
    numbers[key] = partitions.count - 1
    return partitions.count - 1
  }

  /// Returns the rows at which some of the vectors differs from the row before, and row 0.
  private func runs(_ vectors: [Vector], _ rowCount: Int) -> [Int] {
    var differs = [Bool](repeating: false, count: rowCount)
    differs[0] = true
    for vector in vectors {
      if vector.encoding == .dictionary {
        // Entries may repeat: then runs are shorter than they could be, and no more.
        let codes = vector.codes
        for row in 1..<max(rowCount, 1) where codes[row] != codes[row - 1] { differs[row] = true }
      } else {
        markChanges(vector, &differs)
      }
      guard let validity = vector.validity else { continue }
      for row in 1..<max(rowCount, 1) where validity[row] != validity[row - 1] { differs[row] = true }
    }
    return differs.indices.filter { differs[$0] }
  }

  private func markChanges(_ vector: Vector, _ differs: inout [Bool]) {
    func mark<Value: Equatable>(_ values: Span<Value>) {
      for row in 1..<max(values.count, 1) where values[row] != values[row - 1] { differs[row] = true }
    }
    switch vector.type {
    case .bit:
      let bits = vector.bits
      for row in 1..<max(vector.count, 1) where bits[row] != bits[row - 1] { differs[row] = true }
    case .int32: mark(vector.int32s)
    case .int64: mark(vector.int64s)
    case .int128: mark(vector.int128s)
    case .float: mark(vector.floats)
    case .double: mark(vector.doubles)
    case .string: mark(vector.strings)
    case .interval, .list, .struct: for row in differs.indices { differs[row] = true }
    }
  }
}
