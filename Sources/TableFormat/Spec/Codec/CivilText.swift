/// Dates and times of day as ISO 8601 text, as metadata files hold them.
enum CivilText {
  /// Days since 1970 of `2017-11-16`.
  static func days(_ text: String) -> Int64? { days(Substring(text)) }

  private static func days(_ text: Substring) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: true)
    guard parts.count == 3, let year = Int64(parts[0]), let month = Int64(parts[1]),
      let day = Int64(parts[2]),
      (0...9_999_999).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Years that begin in March put the leap day last (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = text.hasPrefix("-") ? -year : year
    let marchYear = month <= 2 ? shifted - 1 : shifted
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Nanoseconds since midnight of `22:31:08.123456`.
  static func nanos(ofDay text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let hour = Int64(parts[0]), let minute = Int64(parts[1]),
      (0...23).contains(hour), (0...59).contains(minute)
    else { return nil }
    var nanos = (hour * 60 + minute) * 60_000_000_000
    guard parts.count == 3 else { return nanos }
    let seconds = parts[2].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = Int64(seconds[0]), (0...59).contains(whole) else { return nil }
    nanos += whole * 1_000_000_000
    guard seconds.count == 2 else { return nanos }
    let digits = seconds[1].prefix(9)
    guard !digits.isEmpty, let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count))
    else { return nil }
    return nanos + fraction
  }

  /// Units since 1970 of `2017-11-16T22:31:08.123456`, with or without a zone's distance from UTC.
  static func instant(_ text: String, perSecond: Int64) -> Int64? {
    guard let separator = text.firstIndex(where: { $0 == "T" || $0 == " " || $0 == "t" }),
      let days = days(text[..<separator])
    else { return nil }
    var clock = text[text.index(after: separator)...]
    var offset: Int64 = 0
    if let last = clock.last, last == "Z" || last == "z" {
      clock = clock.dropLast()
    } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      guard let distance = nanos(ofDay: clock[clock.index(after: sign)...]) else { return nil }
      offset = (clock[sign] == "-" ? -distance : distance) / 1_000_000_000
      clock = clock[..<sign]
    }
    guard let nanos = nanos(ofDay: clock) else { return nil }
    let (seconds, overflow) = (days * 86_400 - offset).multipliedReportingOverflow(by: perSecond)
    let (sum, carry) = seconds.addingReportingOverflow(nanos / (1_000_000_000 / perSecond))
    return overflow || carry ? nil : sum
  }

  /// `2017-11-16` of days since 1970.
  static func date(_ days: Int64) -> String {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return
      "\(year < 0 ? "-" : "")\(padded(year.magnitude, 4))-\(padded(month.magnitude, 2))-\(padded(day.magnitude, 2))"
  }

  /// `22:31:08.123456` of units since midnight.
  static func time(_ units: Int64, perSecond: Int64) -> String {
    let (seconds, fraction) = units.quotientAndRemainder(dividingBy: perSecond)
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0.magnitude, 2) }
    let digits = perSecond == 1_000_000 ? 6 : 9
    return clock.joined(separator: ":") + "." + padded(fraction.magnitude, digits)
  }

  /// `2017-11-16T22:31:08.123456` of units since 1970.
  static func timestamp(_ units: Int64, perSecond: Int64) -> String {
    let perDay = 86_400 * perSecond
    let days = units >= 0 ? units / perDay : -((-(units + 1)) / perDay) - 1
    return date(days) + "T" + time(units - days * perDay, perSecond: perSecond)
  }

  private static func padded(_ number: UInt64, _ width: Int) -> String {
    let text = String(number)
    return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
  }
}
