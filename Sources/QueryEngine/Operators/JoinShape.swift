internal import Columnar

/// What a hash join does with the rows of its two inputs, the probe side and the build side.
struct JoinShape: Sendable {
  enum Output: Sendable, Equatable {
    /// Pairs of rows that belong together.
    case pairs
    /// Probe rows with a match.
    case semi
    /// Probe rows without.
    case anti
    case nullAwareAnti
    /// All probe rows and whether there is a match.
    case mark(isNullAware: Bool)
    /// Nothing: only which build rows have a match is noted.
    case nothing
  }
  var output: Output
  /// Probe rows without a match are put out with nulls.
  var keepsProbe = false
  /// Build rows without a match are wanted afterwards, so matches are noted.
  var marksBuild = false
  /// A second match of a probe row is an error.
  var isSingle = false
  /// Of the matches only the last (`true`) or first by the build side's order.
  var asofTakesLast: Bool?
  /// The build side's columns come first.
  var buildFirst = false

  let probeKeys: [BoundExpression]
  let buildKeys: [BoundExpression]
  let matchesNulls: [Bool]
  let residual: BoundExpression?
  let asofKey: BoundExpression?
  let probeLayout: ColumnLayout
  let buildLayout: ColumnLayout

  /// What is kept of the build side: its columns, the keys, and what an ASOF join compares.
  var storedTypes: [LogicalType] {
    let keys = buildKeys + (asofKey.map { [$0] } ?? [])
    return buildLayout.columns.map(\.type) + keys.map(\.type)
  }
  /// The places of the keys among what is kept.
  var storedKeys: Range<Int> {
    let first = buildLayout.columns.count
    return first..<first + buildKeys.count
  }
}
