/// A span of time as SQL keeps it: months, days and microseconds do not convert into each other.
@frozen public struct Interval: Hashable, Sendable, BitwiseCopyable {
  /// Whole months, years included.
  public var months: Int32
  /// Whole days, weeks included.
  public var days: Int32
  /// The rest, in microseconds.
  public var micros: Int64

  /// Makes an interval of the three parts.
  @inlinable public init(months: Int32 = 0, days: Int32 = 0, micros: Int64 = 0) {
    (self.months, self.days, self.micros) = (months, days, micros)
  }
}
