internal import Columnar

/// A LIKE pattern for names, case aside.
struct NamePattern {
  private let pattern: LikePattern?

  init(_ pattern: String) { self.pattern = try? LikePattern(Array(pattern.lowercased().utf8)) }

  func matches(_ name: String) -> Bool {
    let arena = StringArena()
    let bytes = Array(name.lowercased().utf8)
    let view = arena.copy(bytes.span)
    return withExtendedLifetime(arena) { pattern?.matches(view) ?? false }
  }
}
