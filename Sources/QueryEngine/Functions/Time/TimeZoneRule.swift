internal import Columnar

/// The rule by which a zone's offset changes for ever after: the `TZ` string of POSIX, as in a TZif footer.
struct TimeZoneRule: Sendable {
  private let standardOffset: Int32
  private let summer: Summer?

  private struct Summer: Sendable {
    let offset: Int32
    let start: Change
    let end: Change
  }

  /// A day of the year and a local time of day.
  private struct Change: Sendable {
    enum Day {
      /// From 1 to 365; February 29 is never counted.
      case julian(Int)
      /// From 0 to 365.
      case ordinal(Int)
      /// The `week`th such weekday of the month (5: the last), Sunday being 0.
      case weekday(month: Int, week: Int, day: Int)
    }
    let day: Day
    let seconds: Int64

    /// The local second, since 1970, of the change in a year.
    func localSeconds(in year: Int64) -> Int64 {
      let firstDay = TimeZoneRule.days(year, 1, 1)
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      switch day {
      case .julian(let number):
        return (firstDay + Int64(number) - 1 + (isLeap && number >= 60 ? 1 : 0)) * 86_400 + seconds
      case .ordinal(let number): return (firstDay + Int64(number)) * 86_400 + seconds
      case .weekday(let month, let week, let weekday):
        let first = TimeZoneRule.days(year, month, 1)
        let next =
          month == 12 ? TimeZoneRule.days(year + 1, 1, 1) : TimeZoneRule.days(year, month + 1, 1)
        let firstWeekday = (first % 7 + 11) % 7  // 1970-01-01 was a Thursday, 4
        var date = first + (Int64(weekday) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
        while date >= next { date -= 7 }
        return date * 86_400 + seconds
      }
    }
  }

  /// Parses a `TZ` string such as `CET-1CEST,M3.5.0,M10.5.0/3`; `nil` if it is empty or damaged.
  init?(_ bytes: [UInt8]) {
    var text = Scanner(bytes: bytes)
    guard text.name(), let standard = text.time() else { return nil }
    standardOffset = Int32(-standard)
    if text.isAtEnd {
      summer = nil
      return
    }
    guard text.name() else { return nil }
    var offset = -standard + 3600
    if !text.isAtEnd, text.peek != UInt8(ascii: ",") {
      guard let given = text.time() else { return nil }
      offset = -given
    }
    guard let start = text.change(), let end = text.change() else { return nil }
    summer = Summer(offset: Int32(offset), start: start, end: end)
  }

  /// Seconds east of Greenwich at a moment.
  func offset(atUTC seconds: Int64) -> Int32 {
    guard let summer else { return standardOffset }
    let year = Self.year(of: seconds &+ Int64(standardOffset))
    let start = summer.start.localSeconds(in: year) - Int64(standardOffset)
    let end = summer.end.localSeconds(in: year) - Int64(summer.offset)
    let isSummer = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
    return isSummer ? summer.offset : standardOffset
  }

  private static func days(_ year: Int64, _ month: Int, _ day: Int) -> Int64 {
    Int64(CivilDate(year: Int(year), month: month, day: day).days)
  }

  private static func year(of seconds: Int64) -> Int64 {
    Int64(CivilDate(days: Int(CivilDate.floorDivide(seconds, 86_400))).year)
  }

  private struct Scanner {
    let bytes: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place >= bytes.count }
    var peek: UInt8 { place < bytes.count ? bytes[place] : 0 }

    mutating func take(_ character: Character) -> Bool {
      guard peek == character.asciiValue else { return false }
      place += 1
      return true
    }

    /// Passes over the name of a zone: letters, or anything in angle brackets.
    mutating func name() -> Bool {
      let start = place
      if take("<") {
        while !isAtEnd && peek != UInt8(ascii: ">") { place += 1 }
        return take(">")
      }
      while peek | 0x20 >= UInt8(ascii: "a") && peek | 0x20 <= UInt8(ascii: "z") { place += 1 }
      return place - start >= 3
    }

    mutating func number() -> Int? {
      var value = 0
      let start = place
      while peek >= 0x30 && peek <= 0x39 && place - start < 4 {
        value = value * 10 + Int(peek - 0x30)
        place += 1
      }
      return place > start ? value : nil
    }

    /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
    mutating func time() -> Int? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard let hours = number() else { return nil }
      var seconds = hours * 3600
      if take(":") {
        guard let minutes = number() else { return nil }
        seconds += minutes * 60
        if take(":") {
          guard let rest = number() else { return nil }
          seconds += rest
        }
      }
      return isNegative ? -seconds : seconds
    }

    mutating func change() -> Change? {
      guard take(",") else { return nil }
      let day: Change.Day
      if take("M") {
        guard let month = number(), take("."), let week = number(), take("."), let weekday = number(),
          (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
        else { return nil }
        day = .weekday(month: month, week: week, day: weekday)
      } else if take("J") {
        guard let number = number() else { return nil }
        day = .julian(number)
      } else {
        guard let number = number() else { return nil }
        day = .ordinal(number)
      }
      var seconds = 7200
      if take("/") {
        guard let given = time() else { return nil }
        seconds = given
      }
      return Change(day: day, seconds: Int64(seconds))
    }
  }
}
