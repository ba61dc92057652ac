internal import Columnar

extension AggregateFunction {
  static let bitAnd = bitwise("bit_and", "The bits set in all values.", .and)
  static let bitOr = bitwise("bit_or", "The bits set in some value.", .or)
  static let bitXor = bitwise("bit_xor", "The bits set in an odd number of values.", .xor)

  private static func bitwise(
    _ name: String, _ summary: String, _ operation: BitwiseAccumulator.Operation
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, summary: summary,
      resolve: { arguments, _ in
        guard arguments.count == 1, arguments[0].isInteger || arguments[0] == .null else { return nil }
        return AggregateSignature(name, [.bigint], gives: .bigint)
      },
      makeAccumulator: { _ in BitwiseAccumulator(operation) })
  }
}

/// Combines the bits of `BIGINT` values.
final class BitwiseAccumulator: Accumulator {
  enum Operation: Sendable { case and, or, xor }
  private var values: [Int64] = []
  private var isSet: [Bool] = []
  private let operation: Operation

  init(_ operation: Operation) { self.operation = operation }

  override var byteCount: Int { values.count * 9 }

  override func grow(to count: Int) {
    guard count > values.count else { return }
    let start: Int64 = operation == .and ? -1 : 0
    values.append(contentsOf: repeatElement(start, count: count - values.count))
    isSet.append(contentsOf: repeatElement(false, count: count - isSet.count))
  }

  private func combine(_ value: Int64, _ group: Int) {
    isSet[group] = true
    switch operation {
    case .and: values[group] &= value
    case .or: values[group] |= value
    case .xor: values[group] ^= value
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[0]
    let source = argument.int64s
    for row in source.indices { combine(source[row], Int(groups[row])) }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? BitwiseAccumulator else { return }
    for (group, target) in groups where other.isSet[group] { combine(other.values[group], target) }
  }

  override func results(_ range: Range<Int>) -> Vector {
    let validity = Bitmap(Array(isSet[range]))
    return .flat(Array(values[range]), validity: validity.isAllSet ? nil : validity)
  }
}
