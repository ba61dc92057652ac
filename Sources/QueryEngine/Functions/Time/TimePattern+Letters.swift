internal import Columnar

extension TimePattern {
  /// Java's letters, as in Spark: `yyyy-MM-dd'T'HH:mm:ss`.
  init(java pattern: String) throws(QueryError) {
    var elements: [TimeElement] = []
    var text: [UInt8] = []
    let characters = Array(pattern)
    var index = 0
    while index < characters.count {
      let letter = characters[index]
      if letter == "'" {
        // Quoted text; two quotes are one.
        if index + 1 < characters.count, characters[index + 1] == "'" {
          text.append(UInt8(ascii: "'"))
          index += 2
          continue
        }
        guard let end = characters[(index + 1)...].firstIndex(of: "'") else {
          throw QueryError(
            .invalidParameter, "the quote in the format \"\(pattern)\" does not end", value: pattern)
        }
        text.append(contentsOf: String(characters[(index + 1)..<end]).utf8)
        index = end + 1
        continue
      }
      guard letter.isASCII, letter.isLetter else {
        text.append(contentsOf: String(letter).utf8)
        index += 1
        continue
      }
      var count = 1
      while index + count < characters.count, characters[index + count] == letter { count += 1 }
      guard let element = TimePattern.java(letter, count) else {
        throw QueryError(
          .invalidParameter,
          "\"\(String(repeating: letter, count: count))\" means nothing in the format \"\(pattern)\"",
          hint: "a format without % is read as a Java pattern; text stands in single quotes", value: pattern)
      }
      if !text.isEmpty { elements.append(.text(text)) }
      text = []
      elements.append(element)
      index += count
    }
    if !text.isEmpty { elements.append(.text(text)) }
    self.init(elements)
  }

  private static func java(_ letter: Character, _ count: Int) -> TimeElement? {
    switch (letter, count) {
    case ("y", 2), ("u", 2): .year2
    case ("y", _), ("u", _): .year4
    case ("Y", _): .isoYear
    case ("M", 1), ("L", 1): .monthPlain
    case ("M", 2), ("L", 2): .month2
    case ("M", 3), ("L", 3): .monthShort
    case ("M", _), ("L", _): .monthName
    case ("d", 1): .dayPlain
    case ("d", _): .day2
    case ("D", 1): .dayOfYearPlain
    case ("D", _): .dayOfYear3
    case ("H", 1), ("k", 1): .hour24Plain
    case ("H", _), ("k", _): .hour24
    case ("h", 1), ("K", 1): .hour12Plain
    case ("h", _), ("K", _): .hour12
    case ("m", 1): .minutePlain
    case ("m", _): .minute2
    case ("s", 1): .secondPlain
    case ("s", _): .second2
    case ("S", 3): .millis3
    case ("S", 6): .micros6
    case ("S", 9): .nanos9
    case ("S", _): .fraction(count)
    case ("a", _): .half
    case ("E", 1...3): .weekdayShort
    case ("E", _): .weekdayName
    case ("e", _): .weekdayISO
    case ("w", _): .weekISO
    case ("Q", _), ("q", _): .quarter
    case ("X", 3), ("x", 3): .offsetColon
    case ("X", _), ("x", _), ("Z", _): .offsetPlain
    case ("z", _), ("V", _): .zoneName
    case ("G", _): .era
    default: nil
    }
  }

  /// PostgreSQL's template patterns, as in `to_char`: `YYYY-MM-DD HH24:MI:SS`.
  init(postgres pattern: String) throws(QueryError) {
    var elements: [TimeElement] = []
    var text: [UInt8] = []
    var rest = Substring(pattern)
    while let first = rest.first {
      if first == "\"" {
        rest.removeFirst()
        let quoted = rest.prefix { $0 != "\"" }
        text.append(contentsOf: quoted.utf8)
        rest = rest.dropFirst(quoted.count + 1)
        continue
      }
      var isPlain = false
      if rest.uppercased().hasPrefix("FM") {
        rest = rest.dropFirst(2)
        isPlain = true
      }
      let upper = rest.prefix(6).uppercased()
      guard let (name, element) = TimePattern.templates.first(where: { upper.hasPrefix($0.0) }) else {
        if let character = rest.popFirst() { text.append(contentsOf: String(character).utf8) }
        continue
      }
      if !text.isEmpty { elements.append(.text(text)) }
      text = []
      let written = String(rest.prefix(name.count))
      elements.append(TimePattern.styled(element, as: written, isPlain: isPlain))
      rest = rest.dropFirst(name.count)
    }
    if !text.isEmpty { elements.append(.text(text)) }
    self.init(elements)
  }

  /// Longer names stand before those they begin with.
  private static let templates: [(String, TimeElement)] = [
    ("SSSSS", .secondsOfDay), ("SSSS", .secondsOfDay), ("YYYY", .year4), ("IYYY", .isoYear),
    ("MONTH", .monthName),
    ("HH24", .hour24), ("HH12", .hour12), ("IDDD", .dayOfYear3), ("Y,YYY", .year4), ("TZH", .offsetPlain),
    ("DDD", .dayOfYear3), ("DAY", .weekdayName), ("MON", .monthShort), ("A.M.", .half), ("P.M.", .half),
    ("YY", .year2),
    ("MM", .month2), ("MI", .minute2), ("MS", .millis3), ("DD", .day2), ("DY", .weekdayShort),
    ("HH", .hour12),
    ("SS", .second2), ("US", .micros6), ("AM", .half), ("PM", .half), ("IW", .weekISO), ("ID", .weekdayISO),
    ("WW", .weekSunday), ("CC", .century), ("TZ", .zoneName), ("OF", .offsetPlain), ("FF3", .millis3),
    ("FF6", .micros6), ("Q", .quarter), ("J", .julian), ("D", .weekdaySunday1), ("AD", .era), ("BC", .era),
  ]

  /// The element in the letter case, and without the zeros, that the pattern asks for.
  private static func styled(_ element: TimeElement, as written: String, isPlain: Bool) -> TimeElement {
    switch element {
    case .monthName, .monthShort, .weekdayName, .weekdayShort:
      if written == written.uppercased() { return .upper(element) }
      return written == written.lowercased() ? .lower(element) : element
    case .half: return written == written.lowercased() ? .halfLower : .half
    case .month2 where isPlain: return .monthPlain
    case .day2 where isPlain: return .dayPlain
    case .hour24 where isPlain: return .hour24Plain
    case .hour12 where isPlain: return .hour12Plain
    case .minute2 where isPlain: return .minutePlain
    case .second2 where isPlain: return .secondPlain
    case .dayOfYear3 where isPlain: return .dayOfYearPlain
    default: return element
    }
  }
}
