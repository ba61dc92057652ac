internal import Columnar

/// Collects what a manifest list says of one partition field (rule 28).
struct PartitionSummaryBuilder {
  let type: IcebergType
  private var containsNull = false
  private var containsNaN = false
  private var least: ScalarValue?
  private var greatest: ScalarValue?

  init(type: IcebergType) { self.type = type }

  mutating func add(_ value: ScalarValue) {
    switch value {
    case .null:
      containsNull = true
      return
    case .real(let number) where number.isNaN:
      containsNaN = true
      return
    case .double(let number) where number.isNaN:
      containsNaN = true
      return
    default: break
    }
    if let least { if Self.isLess(value, least) { self.least = value } } else { least = value }
    if let greatest { if Self.isLess(greatest, value) { self.greatest = value } } else { greatest = value }
  }

  var summary: PartitionFieldSummary {
    let isFloating = type == .float || type == .double
    return PartitionFieldSummary(
      containsNull: containsNull, containsNaN: isFloating ? containsNaN : false,
      lowerBound: least.flatMap { SingleValue.encode($0, as: type) },
      upperBound: greatest.flatMap { SingleValue.encode($0, as: type) })
  }

  /// Whether one value of a type stands before another; -0.0 before +0.0 (rule 50), bytes unsigned.
  static func isLess(_ left: ScalarValue, _ right: ScalarValue) -> Bool {
    switch (left, right) {
    case (.boolean(let left), .boolean(let right)): !left && right
    case (.integer(let left), .integer(let right)): left < right
    case (.decimal(let left), .decimal(let right)): left < right
    case (.real(let left), .real(let right)):
      left < right || (left == right && left.sign == .minus && right.sign == .plus)
    case (.double(let left), .double(let right)):
      left < right || (left == right && left.sign == .minus && right.sign == .plus)
    case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
    default: false
    }
  }
}
