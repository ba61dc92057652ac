internal import Columnar
internal import FileFormats

/// A time zone of the IANA database, read from the system's TZif files (RFC 9636).
package final class TimeZone: Sendable {
  /// The name, such as `Europe/Berlin`, or an offset, such as `+02:00`.
  package let name: String
  /// When the offset changes: seconds since 1970-01-01 00:00:00 UTC, ascending.
  private let transitions: [Int64]
  /// The offset from each transition on.
  private let offsets: [Int32]
  /// The offset before the first transition.
  private let firstOffset: Int32
  /// What holds after the last transition.
  private let rule: TimeZoneRule?

  /// Coordinated universal time.
  package static let utc = TimeZone(name: "UTC", fixedOffset: 0)

  private init(
    name: String, transitions: [Int64], offsets: [Int32], firstOffset: Int32, rule: TimeZoneRule?
  ) {
    (self.name, self.transitions, self.offsets) = (name, transitions, offsets)
    (self.firstOffset, self.rule) = (firstOffset, rule)
  }

  /// Makes a zone that is always `fixedOffset` seconds east of Greenwich.
  package convenience init(name: String, fixedOffset: Int32) {
    self.init(name: name, transitions: [], offsets: [], firstOffset: fixedOffset, rule: nil)
  }

  /// Finds a zone by IANA name (case aside), `UTC`, `Z` or an offset such as `+02:00`.
  ///
  /// - Parameter name: The name.
  /// - Returns: The zone.
  /// - Throws: An error of code 22023 if there is no such zone.
  package static func named(_ name: String) throws(QueryError) -> TimeZone {
    let upper = name.uppercased()
    if ["UTC", "GMT", "Z", "ZULU", "ETC/UTC"].contains(upper) { return .utc }
    if let offset = parseOffset(name) { return TimeZone(name: name, fixedOffset: offset) }
    // A name is a path below the database's folder, and must stay there.
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      !part.isEmpty && part.utf8.first != UInt8(ascii: ".")
        && part.utf8.allSatisfy {
          $0 != 0 && ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || "+-_0123456789".utf8.contains($0))
        }
    }
    let files = LocalFileSystem()
    if isPlain && name.utf8.count < 64 {
      for spelling in [name, capitalized(name), upper] {
        guard let bytes = try? files.readAll("/usr/share/zoneinfo/" + spelling) else { continue }
        if let zone = TimeZone(name: spelling, tzif: bytes) { return zone }
      }
    }
    throw QueryError(
      .invalidParameter, "there is no time zone \"\(name)\"",
      hint: "names are those of the IANA database, such as 'Europe/Berlin', or offsets such as '+02:00'",
      value: name)
  }

  /// `europe/berlin` as the database spells it.
  private static func capitalized(_ name: String) -> String {
    var result = ""
    var isStart = true
    for character in name.lowercased() {
      result += isStart ? character.uppercased() : String(character)
      isStart = character == "/" || character == "_" || character == "-"
    }
    return result
  }

  private static func parseOffset(_ text: String) -> Int32? {
    var bytes = Array(text.utf8)
    guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    bytes.removeFirst()
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var numbers: [Int32] = []
    for part in parts {
      guard let number = Int32(String(decoding: part, as: UTF8.self)), number >= 0 else { return nil }
      numbers.append(number)
    }
    if numbers.count == 1, bytes.count == 4 { numbers = [numbers[0] / 100, numbers[0] % 100] }
    guard numbers.count <= 2, numbers[0] <= 18, numbers.count == 1 || numbers[1] < 60 else { return nil }
    let seconds = numbers[0] * 3600 + (numbers.count > 1 ? numbers[1] * 60 : 0)
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }

  /// Seconds east of Greenwich at a moment.
  package func offset(atUTC seconds: Int64) -> Int32 {
    guard let last = transitions.last else {
      return rule?.offset(atUTC: seconds) ?? firstOffset
    }
    if seconds >= last, let rule { return rule.offset(atUTC: seconds) }
    var (low, high) = (0, transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? firstOffset : offsets[low - 1]
  }

  /// Returns the moment at which clocks of the zone show a time.
  ///
  /// A time that a change skips counts with the offset before it, one that occurs twice is the earlier.
  package func utc(fromLocal seconds: Int64) -> Int64 {
    let before = Int64(offset(atUTC: seconds &- 86_400))
    let after = Int64(offset(atUTC: seconds &+ 86_400))
    if seconds &- before >= Int64.min + 172_800, Int64(offset(atUTC: seconds &- before)) == before {
      return seconds &- before
    }
    if Int64(offset(atUTC: seconds &- after)) == after { return seconds &- after }
    return seconds &- before
  }

  /// The offset before and after a change lies within a day of it, so microseconds follow from seconds.
  package func localMicros(fromUTC micros: Int64) -> Int64 {
    let seconds = CivilDate.floorDivide(micros, 1_000_000)
    return micros &+ Int64(offset(atUTC: seconds)) &* 1_000_000
  }

  /// Returns the moment at which clocks of the zone show a time, in microseconds.
  package func utcMicros(fromLocal micros: Int64) -> Int64 {
    let seconds = CivilDate.floorDivide(micros, 1_000_000)
    return micros &+ (utc(fromLocal: seconds) &- seconds) &* 1_000_000
  }

  /// Whether the zone is UTC at all times.
  package var isUTC: Bool { transitions.isEmpty && rule == nil && firstOffset == 0 }
}

extension TimeZone {
  /// Reads a TZif file: the 64-bit block and the footer of version 2 and later.
  private convenience init?(name: String, tzif bytes: [UInt8]) {
    var reader = TZifReader(bytes: bytes)
    guard let first = reader.header() else { return nil }
    var header = first
    if first.version >= 2 {
      let skipped =
        first.timeCount * 5 + first.typeCount * 6 + first.characterCount + first.leapCount * 8
        + first.standardCount + first.utcCount
      guard reader.skip(skipped), let second = reader.header() else { return nil }
      header = second
    }
    let width = first.version >= 2 ? 8 : 4
    guard header.typeCount > 0, header.timeCount <= bytes.count / (width + 1) else { return nil }
    var transitions: [Int64] = []
    for _ in 0..<header.timeCount {
      guard let time = reader.integer(width) else { return nil }
      transitions.append(time)
    }
    var kinds: [Int] = []
    for _ in 0..<header.timeCount {
      guard let kind = reader.byte(), Int(kind) < header.typeCount else { return nil }
      kinds.append(Int(kind))
    }
    var types: [Int32] = []
    for _ in 0..<header.typeCount {
      guard let offset = reader.integer(4), abs(offset) < 200_000, reader.skip(2) else { return nil }
      types.append(Int32(offset))
    }
    guard reader.skip(header.characterCount + header.leapCount * (width + 4)),
      reader.skip(header.standardCount + header.utcCount)
    else { return nil }
    for index in transitions.indices.dropFirst() where transitions[index] <= transitions[index - 1] {
      return nil
    }
    self.init(
      name: name, transitions: transitions, offsets: kinds.map { types[$0] }, firstOffset: types[0],
      rule: first.version >= 2 ? TimeZoneRule(reader.footer()) : nil)
  }
}

/// Reads the fields of a TZif file in order; `nil` at its end.
private struct TZifReader {
  let bytes: [UInt8]
  var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  struct Header {
    var version = 1
    var utcCount = 0
    var standardCount = 0
    var leapCount = 0
    var timeCount = 0
    var typeCount = 0
    var characterCount = 0
  }

  mutating func byte() -> UInt8? {
    guard place < bytes.count else { return nil }
    place += 1
    return bytes[place - 1]
  }

  /// A big-endian integer with sign.
  mutating func integer(_ width: Int) -> Int64? {
    guard bytes.count - place >= width else { return nil }
    var value: Int64 = bytes[place] >= 0x80 ? -1 : 0
    for _ in 0..<width {
      value = value &<< 8 | Int64(bytes[place])
      place += 1
    }
    return value
  }

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, bytes.count - place >= count else { return false }
    place += count
    return true
  }

  mutating func header() -> Header? {
    guard bytes.count - place >= 44, bytes[place..<place + 4].elementsEqual("TZif".utf8) else { return nil }
    var header = Header()
    header.version = bytes[place + 4] == 0 ? 1 : Int(bytes[place + 4]) - 48
    place += 20
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = integer(4), count >= 0, count <= bytes.count else { return nil }
      counts.append(Int(count))
    }
    (header.utcCount, header.standardCount, header.leapCount) = (counts[0], counts[1], counts[2])
    (header.timeCount, header.typeCount, header.characterCount) = (counts[3], counts[4], counts[5])
    return header
  }

  func footer() -> [UInt8] {
    guard place < bytes.count, bytes[place] == 0x0A else { return [] }
    return Array(bytes[(place + 1)...].prefix { $0 != 0x0A })
  }
}
