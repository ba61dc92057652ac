extension Timestamp {
  /// Returns the microseconds since 1970-01-01 UTC of a time as text; without an offset it is in UTC.
  public static func utcMicros(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    return parse(bytes.span)?.micros
  }
}
