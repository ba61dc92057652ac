internal import Columnar

/// The conditions of joins, and the equations between columns that follow from them: of `a = b AND b = c` also `a = c`.
///
/// So two inputs may be joined of which no condition speaks. Columns that are equal by one another make a class; where two
/// sets of inputs are joined, one equation of a class says as much as all of them, as those within either set hold already.
struct ImpliedEquations {
  /// The conditions given, and behind them those that follow.
  private(set) var conditions: [BoundExpression]
  /// For each condition the class whose equations say the same; `nil` for what stands alone.
  private(set) var classes: [Int?]

  /// More classes are left as they are, and so is one of more columns.
  private static let limit = 8

  /// Takes conditions over inputs; `owner` tells which input a column is of.
  init(_ given: [BoundExpression], owner: [ColumnID: Int]) {
    conditions = given
    classes = given.map { _ in nil }
    var groups: [[BoundExpression]] = []
    for condition in given {
      guard let (left, right) = Self.columns(condition) else { continue }
      let touched = groups.indices.filter { groups[$0].contains(left) || groups[$0].contains(right) }
      var merged = touched.flatMap { groups[$0] }
      for index in touched.reversed() { groups.remove(at: index) }
      for column in [left, right] where !merged.contains(column) { merged.append(column) }
      groups.append(merged)
    }
    // Two columns of one input are equal only after it has been joined: then each equation says something of its own.
    let usable = groups.filter { group in
      let owners = group.compactMap { expression in expression.columns.first.flatMap { owner[$0] } }
      return group.count > 2 && group.count <= Self.limit && Set(owners).count == group.count
    }
    for (number, group) in usable.prefix(Self.limit).enumerated() {
      for (index, condition) in given.enumerated() {
        if let (left, _) = Self.columns(condition), group.contains(left) { classes[index] = number }
      }
      for (place, left) in group.enumerated() {
        for right in group[(place + 1)...] {
          let isGiven = given.contains { condition in
            guard let pair = Self.columns(condition) else { return false }
            return pair == (left, right) || pair == (right, left)
          }
          if isGiven { continue }
          conditions.append(.comparison(.equal, left, right))
          classes.append(number)
        }
      }
    }
  }

  /// The two columns of an equation between columns of one type.
  private static func columns(_ condition: BoundExpression) -> (BoundExpression, BoundExpression)? {
    guard case .comparison(.equal, let left, let right) = condition, case .column(_, let type) = left,
      case .column(_, let other) = right, type == other, left != right
    else { return nil }
    return (left, right)
  }
}
