internal import Glibc

/// HyperLogLog with 4,096 registers (Flajolet, Fusy, Gandouet and Meunier, 2007): an error of 1.6 %.
///
/// Without values it has no registers.
struct HyperLogLog: Sendable {
  static let registerCount = 4096
  private var registers: [UInt8] = []

  init() {}

  /// Takes registers that were kept elsewhere; `nil` if their number or a value cannot be.
  init?(_ registers: [UInt8]) {
    guard registers.count == Self.registerCount, registers.allSatisfy({ $0 <= 53 }) else { return nil }
    self.registers = registers
  }

  /// All registers.
  var bytes: [UInt8] {
    registers.isEmpty ? [UInt8](repeating: 0, count: Self.registerCount) : registers
  }

  /// Takes a value's hash.
  @inline(__always) mutating func insert(_ hash: UInt64) {
    if registers.isEmpty { registers = [UInt8](repeating: 0, count: Self.registerCount) }
    let index = Int(hash &>> 52)
    let rank = UInt8(((hash &<< 12) | 0x800).leadingZeroBitCount + 1)
    if registers[index] < rank { registers[index] = rank }
  }

  mutating func formUnion(_ other: HyperLogLog) {
    if other.registers.isEmpty { return }
    if registers.isEmpty {
      registers = other.registers
    } else {
      for index in 0..<Self.registerCount {
        registers[index] = Swift.max(registers[index], other.registers[index])
      }
    }
  }

  /// How many different values there probably are.
  var estimate: Int64 {
    if registers.isEmpty { return 0 }
    let count = Double(Self.registerCount)
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
