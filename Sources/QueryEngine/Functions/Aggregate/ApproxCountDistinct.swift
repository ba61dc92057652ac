internal import Columnar
internal import Glibc

extension AggregateFunction {
  static let approxCountDistinct = AggregateFunction(
    name: "approx_count_distinct", aliases: ["approx_distinct", "ndv"],
    summary: "The number of distinct values, within about two percent.", ignoresDistinct: true,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("approx_count_distinct", arguments, gives: .bigint) : nil
    },
    makeAccumulator: { _ in HyperLogLogAccumulator() })
}

/// HyperLogLog with 4,096 registers a group (Flajolet, Fusy, Gandouet and Meunier, 2007).
final class HyperLogLogAccumulator: Accumulator {
  private var registers: [[UInt8]] = []

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { registers.count * 4128 }

  override func grow(to count: Int) {
    if count > registers.count {
      registers.append(contentsOf: repeatElement([], count: count - registers.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    var hashes: [UInt64] = []
    Kernels.hash(arguments[0], into: &hashes)
    for row in groups.indices where groups[row] != 0 {
      let group = Int(groups[row])
      if registers[group].isEmpty { registers[group] = [UInt8](repeating: 0, count: 4096) }
      let index = Int(hashes[row] &>> 52)
      let rank = UInt8(((hashes[row] &<< 12) | 0x800).leadingZeroBitCount + 1)
      if registers[group][index] < rank { registers[group][index] = rank }
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? HyperLogLogAccumulator else { return }
    for (group, target) in groups where !other.registers[group].isEmpty {
      let into = target
      if registers[into].isEmpty {
        registers[into] = other.registers[group]
      } else {
        for index in 0..<4096 {
          registers[into][index] = Swift.max(registers[into][index], other.registers[group][index])
        }
      }
    }
  }

  override func results(_ range: Range<Int>) -> Vector {
    .flat(range.map { group in registers[group].isEmpty ? 0 : estimate(registers[group]) })
  }

  private func estimate(_ registers: [UInt8]) -> Int64 {
    let count = 4096.0
    var (sum, empty) = (0.0, 0.0)
    for register in registers {
      sum += ldexp(1, -Int32(register))
      if register == 0 { empty += 1 }
    }
    let raw = 0.7213 / (1 + 1.079 / count) * count * count / sum
    let estimate = raw <= 2.5 * count && empty > 0 ? count * log(count / empty) : raw
    return Int64(estimate.rounded())
  }
}
