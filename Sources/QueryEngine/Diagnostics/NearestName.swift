/// Finds the names that somebody may have meant.
public enum NearestName {
  /// Returns at most three of `candidates` that are near to `name`, nearest first.
  ///
  /// Near is an edit distance (with transpositions) of at most a third of the name's length, case aside,
  /// or a name that begins with the other.
  ///
  /// - Parameters:
  ///   - name: What was written.
  ///   - candidates: What is in scope.
  /// - Returns: Up to three names, each once.
  public static func suggestions(for name: String, among candidates: some Sequence<String>) -> [String] {
    let wanted = Array(name.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= 128 else { return [] }
    let limit = Swift.max(1, wanted.count / 3)
    var seen: Set<String> = []
    var found: [(distance: Int, name: String)] = []
    for candidate in candidates where seen.insert(candidate).inserted {
      let bytes = Array(candidate.lowercased().utf8)
      guard bytes.count <= 128 else { continue }
      if abs(bytes.count - wanted.count) <= limit {
        let distance = distance(wanted, bytes)
        if distance <= limit {
          found.append((distance, candidate))
          continue
        }
      }
      if wanted.count >= 3, bytes.starts(with: wanted) || (bytes.count >= 3 && wanted.starts(with: bytes)) {
        found.append((limit + 1, candidate))
      }
    }
    found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return found.prefix(3).map(\.name)
  }

  /// Returns a hint such as `did you mean "user_id" or "user_ids"?`, or `nil` when nothing is near.
  ///
  /// - Parameters:
  ///   - name: What was written.
  ///   - candidates: What is in scope.
  /// - Returns: The hint's text.
  public static func hint(for name: String, among candidates: some Sequence<String>) -> String? {
    let names = suggestions(for: name, among: candidates).map { "\"\($0)\"" }
    switch names.count {
    case 0: return nil
    case 1: return "did you mean \(names[0])?"
    case 2: return "did you mean \(names[0]) or \(names[1])?"
    default: return "did you mean \(names[0]), \(names[1]) or \(names[2])?"
    }
  }

  /// Counts the insertions, deletions, changes and swaps of neighbours between two texts.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    if left.isEmpty || right.isEmpty { return Swift.max(left.count, right.count) }
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in 1...left.count {
      var current = [row] + [Int](repeating: 0, count: right.count)
      for column in 1...right.count {
        let change = left[row - 1] == right[column - 1] ? 0 : 1
        var best = Swift.min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + change)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          best = Swift.min(best, before[column - 2] + 1)
        }
        current[column] = best
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}
