/// Points in time as text, and their parts.
public enum Timestamp {
  /// Microseconds of a day.
  public static let microsPerDay: Int64 = 86_400_000_000
  /// Nanoseconds of a day.
  public static let nanosPerDay: Int64 = 86_400_000_000_000

  /// A point in time that was read, finer than columns hold it.
  @frozen public struct Parsed: Hashable, Sendable {
    /// Seconds since 1970-01-01 00:00:00; if an offset was given, in UTC.
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: Int64
    /// Whether the text names a time zone.
    public var hasOffset: Bool
    /// Whether the text has a clock time.
    public var hasTime: Bool

    /// The microseconds since 1970 with finer digits cut, or `nil` if they do not fit.
    public var micros: Int64? { scaled(1_000_000, nanoseconds / 1000) }

    /// The nanoseconds since 1970, or `nil` if they do not fit.
    public var nanos: Int64? { scaled(1_000_000_000, nanoseconds) }

    private func scaled(_ factor: Int64, _ rest: Int64) -> Int64? {
      // By 128 bits, since the least second may not fit where second and fraction do.
      Int64(exactly: Int128(seconds) * Int128(factor) + Int128(rest))
    }
  }

  /// Returns the point in time that the whole text is; `nil` if it is none.
  ///
  /// Takes `YYYY-MM-DD`, then after a space or `T` `HH:MM[:SS[.f…]]`, then `Z`, ` UTC` or an offset.
  public static func parse(_ text: Span<UInt8>) -> Parsed? {
    var cursor = CivilTextCursor(text)
    guard let date = cursor.date(text) else { return nil }
    var parsed = Parsed(
      seconds: Int64(date.days) &* 86_400, nanoseconds: 0, hasOffset: false, hasTime: false)
    if cursor.isAtEnd { return parsed }
    guard cursor.skip(0x20, text) || cursor.skip(word: "t", text) else { return nil }
    while cursor.peek(text) == 0x20 { cursor.position &+= 1 }
    guard let time = cursor.time(text) else { return nil }
    parsed.hasTime = true
    parsed.seconds &+= Int64(time.seconds)
    parsed.nanoseconds = Int64(time.nanos)
    if cursor.isAtEnd { return parsed }
    guard let offset = cursor.offset(text), cursor.isAtEnd else { return nil }
    parsed.hasOffset = true
    parsed.seconds &-= Int64(offset)
    return parsed
  }

  /// Returns the microseconds since midnight of the clock time that the whole text is; `nil` if it is none.
  public static func parseTime(_ text: Span<UInt8>) -> Int64? {
    var cursor = CivilTextCursor(text)
    guard let time = cursor.time(text), cursor.isAtEnd else { return nil }
    return Int64(time.seconds) &* 1_000_000 &+ Int64(time.nanos / 1000)
  }

  /// Appends `YYYY-MM-DD HH:MM:SS[.f…][+00]`, zeros at the end of the fraction left out.
  ///
  /// - Parameters:
  ///   - micros: Microseconds since 1970.
  ///   - isUTC: Whether to append the offset, always `+00`.
  ///   - text: Where to append.
  public static func append(micros: Int64, isUTC: Bool, to text: inout [UInt8]) {
    let days = CivilDate.floorDivide(micros, microsPerDay)
    append(
      days: days, nanosOfDay: (micros &- days &* microsPerDay) &* 1000, isUTC: isUTC, to: &text)
  }

  /// Appends `YYYY-MM-DD HH:MM:SS[.f…][+00]`, zeros at the end of the fraction left out.
  ///
  /// - Parameters:
  ///   - nanos: Nanoseconds since 1970.
  ///   - isUTC: Whether to append the offset, always `+00`.
  ///   - text: Where to append.
  public static func append(nanos: Int64, isUTC: Bool, to text: inout [UInt8]) {
    let days = CivilDate.floorDivide(nanos, nanosPerDay)
    append(days: days, nanosOfDay: nanos &- days &* nanosPerDay, isUTC: isUTC, to: &text)
  }

  private static func append(days: Int64, nanosOfDay: Int64, isUTC: Bool, to text: inout [UInt8]) {
    CivilDate(days: Int(days)).append(to: &text)
    text.append(0x20)
    appendTime(nanos: nanosOfDay, to: &text)
    if isUTC { text.append(contentsOf: "+00".utf8) }
  }

  /// Appends `HH:MM:SS[.f…]` of microseconds since midnight, which may be more than a day or negative.
  public static func appendTime(micros: Int64, to text: inout [UInt8]) {
    if micros < 0 { text.append(UInt8(ascii: "-")) }
    let (seconds, rest) = micros.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    appendClock(seconds: seconds, nanos: rest &* 1000, to: &text)
  }

  private static func appendTime(nanos: Int64, to text: inout [UInt8]) {
    let (seconds, rest) = nanos.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    appendClock(seconds: seconds, nanos: rest, to: &text)
  }

  private static func appendClock(seconds: UInt64, nanos: UInt64, to text: inout [UInt8]) {
    let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    IntegerText.append(padded: hour, width: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    IntegerText.append(padded: minute, width: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    IntegerText.append(padded: second, width: 2, to: &text)
    guard nanos > 0 else { return }
    text.append(UInt8(ascii: "."))
    IntegerText.append(padded: nanos, width: 9, to: &text)
    while text.last == 0x30 { text.removeLast() }
  }
}
