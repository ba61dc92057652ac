/// The name of a namespace: one level or several.
public struct Namespace: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The levels, outermost first.
  public var levels: [String]

  /// Makes a namespace of its levels.
  public init(_ levels: [String]) { self.levels = levels }

  /// Makes a namespace of text whose levels are joined by dots.
  public init(_ text: String) {
    levels = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  /// The levels joined by dots, as SQLite catalogs store them.
  public var description: String { levels.joined(separator: ".") }

  /// Orders by text.
  public static func < (left: Namespace, right: Namespace) -> Bool { left.description < right.description }
}

/// The name of a table within a catalog.
public struct TableIdentifier: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Where the table is.
  public var namespace: Namespace
  /// The table's own name.
  public var name: String

  /// Makes an identifier.
  public init(_ namespace: Namespace, _ name: String) { (self.namespace, self.name) = (namespace, name) }

  /// Makes an identifier of a namespace's text and a name.
  public init(namespace: String, name: String) { self.init(Namespace(namespace), name) }

  /// Makes an identifier of `namespace.name`; `nil` unless both parts are there.
  public init?(_ text: String) {
    guard let dot = text.lastIndex(of: "."), dot != text.startIndex, text.index(after: dot) != text.endIndex
    else { return nil }
    self.init(Namespace(String(text[..<dot])), String(text[text.index(after: dot)...]))
  }

  /// `namespace.name`; the name alone of a table that no catalog holds.
  public var description: String {
    let namespace = namespace.description
    return namespace.isEmpty ? name : "\(namespace).\(name)"
  }

  /// Orders by text.
  public static func < (left: TableIdentifier, right: TableIdentifier) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}
