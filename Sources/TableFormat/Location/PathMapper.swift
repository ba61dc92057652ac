/// Turns the locations that tables store into paths of the file system, and compares them.
///
/// One table may spell the same file `/x`, `file:/x`, `file:///x` or `file://localhost/x` (rule 78), and a
/// table that was moved still holds its old place. All of it is settled here, for every kind of path: metadata,
/// manifests, data and delete files, the rows of position deletes and the references of deletion vectors. New
/// files get the spelling of the table's location; nothing is ever rewritten into another one. Paths are not
/// percent-decoded, as no Iceberg writer encodes them.
public struct PathMapper: Hashable, Sendable {
  /// A prefix of stored locations and what stands there now.
  public struct Mapping: Hashable, Sendable {
    /// The prefix as tables store it.
    public var old: String
    /// The folder, or a prefix of another spelling.
    public var new: String

    /// Makes a mapping.
    public init(old: String, new: String) { (self.old, self.new) = (old, new) }

    /// Reads `OLD=NEW`.
    ///
    /// - Parameter text: The text; the first `=` divides it.
    /// - Throws: ``TableFormatError`` of kind `invalidArgument` when a side is empty.
    public init(_ text: String) throws(TableFormatError) {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw TableFormatError(
          .invalidArgument, "the path mapping \"\(text)\" is not of the form OLD=NEW",
          hint: "for example file:///old/warehouse=/new/warehouse")
      }
      self.init(old: String(parts[0]), new: String(parts[1]))
    }
  }

  /// The mappings; the longest fitting prefix wins.
  public private(set) var mappings: [Mapping]
  /// The folder that relative locations start from; `nil` leaves them relative to the working directory.
  public var base: String?
  /// The mappings with normalised prefixes, longest first.
  private var normalised: [Mapping]

  /// Makes a mapper.
  public init(_ mappings: [Mapping] = [], base: String? = nil) {
    self.mappings = mappings
    self.base = base.map(Self.normalised)
    normalised = []
    sortMappings()
  }

  /// Adds a mapping, which comes before equal ones.
  public mutating func add(_ mapping: Mapping) {
    mappings.insert(mapping, at: 0)
    sortMappings()
  }

  private mutating func sortMappings() {
    normalised = mappings.map {
      Mapping(
        old: Self.withoutSlash(Self.normalised($0.old)), new: Self.withoutSlash(Self.normalised($0.new)))
    }
    .sorted { $0.old.utf8.count > $1.old.utf8.count }
  }

  /// The path of the file system for a location.
  ///
  /// - Parameter location: A location as a table stores it.
  /// - Returns: A path; absolute unless the location is relative and there is no base.
  /// - Throws: ``TableFormatError`` of kind `unsupported` for a location outside the local file system.
  public func path(of location: String) throws(TableFormatError) -> String {
    let path = key(of: location)
    guard let scheme = Self.scheme(of: path) else { return path }
    throw TableFormatError(
      .unsupported, "the location \(location) is not in the local file system (scheme \(scheme))",
      hint: "copy the files and map the old prefix to the folder, such as \(scheme)://bucket/table=/folder",
      file: location)
  }

  /// What two locations have in common exactly when they mean the same file.
  ///
  /// - Parameter location: A location as a table, or a row of a position delete file, stores it.
  /// - Returns: The mapped and normalised location.
  public func key(of location: String) -> String {
    var path = Self.normalised(location)
    for mapping in normalised where Self.has(path, prefix: mapping.old) {
      path = mapping.new + path.dropFirst(mapping.old.count)
      break
    }
    if let base, !path.hasPrefix("/"), Self.scheme(of: path) == nil {
      path = Self.normalised(base + "/" + path)
    }
    return path
  }

  /// A location without what spellings differ in: scheme and host of local files, repeated slashes, `/./`.
  ///
  /// The host of `hdfs` goes too, since position deletes may have it where manifests have not; the variants
  /// of `s3` become one.
  ///
  /// - Parameter location: A location as a table stores it.
  /// - Returns: A path for local files, else a location.
  public static func normalised(_ location: String) -> String {
    // Nearly every location of a table is one of these two, and there may be a hundred thousand.
    if location.utf8.first == slash, isCollapsed(location.utf8[...]) { return location }
    if location.hasPrefix("file:///") {
      let path = location.utf8.dropFirst(7)
      if isCollapsed(path) { return String(Substring(path)) }
    }
    guard let scheme = scheme(of: location) else { return collapsed(location) }
    let rest = location.dropFirst(scheme.count + 1)
    switch scheme.lowercased() {
    case "file", "hdfs", "viewfs":
      guard rest.hasPrefix("//") else { return collapsed(String(rest)) }
      let afterHost = rest.dropFirst(2)
      // `file://data/x` is what careless writers make of the relative path `data/x`.
      let host = afterHost.prefix { $0 != "/" }
      if scheme.lowercased() == "file", !host.isEmpty, host.lowercased() != "localhost" {
        return collapsed(String(afterHost))
      }
      return collapsed(String(afterHost.dropFirst(host.count)))
    case "s3", "s3a", "s3n": return "s3:" + rest
    default: return location
    }
  }

  private static let slash = UInt8(ascii: "/")

  /// Whether a path has neither `//` nor `/./`, nor begins with `./`.
  private static func isCollapsed(_ path: Substring.UTF8View) -> Bool {
    let dot = UInt8(ascii: ".")
    var (beforeLast, last) = (slash, UInt8(0))
    for byte in path {
      if byte == slash, last == slash || (last == dot && beforeLast == slash) { return false }
      (beforeLast, last) = (last == 0 ? slash : last, byte)
    }
    return true
  }

  private static func collapsed(_ path: String) -> String {
    guard !isCollapsed(path.utf8[...]) else { return path }
    var result = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") where part != "." {
      if !result.isEmpty, result != "/" { result += "/" }
      result += part
    }
    return path.hasSuffix("/") && !result.hasSuffix("/") ? result + "/" : result
  }

  /// The scheme of a location, `nil` for a path.
  package static func scheme(of location: String) -> String? {
    guard let colon = location.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let scheme = location[..<colon]
    guard let first = scheme.utf8.first, isLetter(first) else { return nil }
    let isScheme = scheme.utf8.allSatisfy {
      isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
    }
    // Without a slash after it, the colon belongs to a file's name: `event_hour=10:00.parquet`.
    let next = location.utf8.index(after: colon)
    guard isScheme, next < location.utf8.endIndex, location.utf8[next] == UInt8(ascii: "/") else {
      return nil
    }
    return String(scheme)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  private static func withoutSlash(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private static func has(_ path: String, prefix: String) -> Bool {
    guard path.utf8.count >= prefix.utf8.count, path.utf8.starts(with: prefix.utf8) else { return false }
    return path.utf8.count == prefix.utf8.count || prefix.hasSuffix("/")
      || path.utf8.dropFirst(prefix.utf8.count).first == UInt8(ascii: "/")
  }
}

extension PathMapper {
  /// The location of a file below a folder's location, in the folder's spelling.
  ///
  /// - Parameters:
  ///   - folder: A location, with or without a final slash.
  ///   - name: What follows.
  /// - Returns: The location.
  public static func joined(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
