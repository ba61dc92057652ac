internal import Columnar

/// A format of times in one of the notations in use, made ready.
struct TimePattern {
  let elements: [TimeElement]

  init(_ elements: [TimeElement]) { self.elements = elements }

  /// The notation of C's `strftime`, also Python's and DuckDB's.
  init(strftime pattern: String) throws(QueryError) {
    elements = try TimePattern.percent(pattern) { (letter, isPlain) in
      switch letter {
      case "Y": [.year4]
      case "y": [.year2]
      case "C": [.century]
      case "m": [isPlain ? .monthPlain : .month2]
      case "B": [.monthName]
      case "b", "h": [.monthShort]
      case "d": [isPlain ? .dayPlain : .day2]
      case "e": [.daySpaced]
      case "j": [isPlain ? .dayOfYearPlain : .dayOfYear3]
      case "H": [isPlain ? .hour24Plain : .hour24]
      case "I": [isPlain ? .hour12Plain : .hour12]
      case "M": [isPlain ? .minutePlain : .minute2]
      case "S": [isPlain ? .secondPlain : .second2]
      case "p": [.half]
      case "f": [.micros6]
      case "g": [.millis3]
      case "n": [.nanos9]
      case "A": [.weekdayName]
      case "a": [.weekdayShort]
      case "u": [.weekdayISO]
      case "w": [.weekdaySunday0]
      case "V": [.weekISO]
      case "U": [.weekSunday]
      case "W": [.weekMonday]
      case "G": [.isoYear]
      case "z": [.offsetPlain]
      case "Z": [.zoneName]
      case "s": [.epochSeconds]
      case "D": [.month2, .slash, .day2, .slash, .year2]
      case "F", "x": TimePattern.date
      case "T", "X": TimePattern.clock
      case "R": [.hour24, .colon, .minute2]
      case "c": TimePattern.date + [.text([0x20])] + TimePattern.clock
      case "t": [.text([0x09])]
      default: nil
      }
    }
  }

  /// MySQL's letters, as in Trino's `date_format` and `date_parse`.
  init(mysql pattern: String) throws(QueryError) {
    elements = try TimePattern.percent(pattern) { (letter, _) in
      switch letter {
      case "Y": [.year4]
      case "y": [.year2]
      case "m": [.month2]
      case "c": [.monthPlain]
      case "M": [.monthName]
      case "b": [.monthShort]
      case "d": [.day2]
      case "e": [.dayPlain]
      case "j": [.dayOfYear3]
      case "H": [.hour24]
      case "k": [.hour24Plain]
      case "h", "I": [.hour12]
      case "l": [.hour12Plain]
      case "i": [.minute2]
      case "s", "S": [.second2]
      case "f": [.micros6]
      case "p": [.half]
      case "W": [.weekdayName]
      case "a": [.weekdayShort]
      case "w": [.weekdaySunday0]
      case "v": [.weekISO]
      case "u": [.weekMonday]
      case "x": [.isoYear]
      case "T": TimePattern.clock
      case "r": [.hour12, .colon, .minute2, .colon, .second2, .text([0x20]), .half]
      default: nil
      }
    }
  }

  /// MySQL's letters or, if the pattern has no `%`, Java's, as in Spark.
  init(mysqlOrJava pattern: String) throws(QueryError) {
    if pattern.contains("%") {
      self = try TimePattern(mysql: pattern)
    } else {
      self = try TimePattern(java: pattern)
    }
  }

  private static let date: [TimeElement] = [.year4, .hyphen, .month2, .hyphen, .day2]
  private static let clock: [TimeElement] = [.hour24, .colon, .minute2, .colon, .second2]

  private static func percent(
    _ pattern: String, _ element: (Character, _ isPlain: Bool) -> [TimeElement]?
  ) throws(QueryError) -> [TimeElement] {
    var elements: [TimeElement] = []
    var text: [UInt8] = []
    var rest = Substring(pattern)
    while let character = rest.popFirst() {
      guard character == "%" else {
        text.append(contentsOf: String(character).utf8)
        continue
      }
      var letter = rest.popFirst()
      let isPlain = letter == "-" || letter == "#"
      if isPlain { letter = rest.popFirst() }
      if letter == "%" {
        text.append(UInt8(ascii: "%"))
        continue
      }
      guard let letter, let found = element(letter, isPlain) else {
        throw QueryError(
          .invalidParameter,
          "\"%\(letter.map(String.init) ?? "")\" means nothing in the format \"\(pattern)\"",
          value: pattern)
      }
      if !text.isEmpty { elements.append(.text(text)) }
      text = []
      elements += found
    }
    if !text.isEmpty { elements.append(.text(text)) }
    return elements
  }
}

extension TimeElement {
  fileprivate static let slash = TimeElement.text([0x2F])
  fileprivate static let hyphen = TimeElement.text([0x2D])
  fileprivate static let colon = TimeElement.text([0x3A])
}
