internal import Columnar

/// `+ - * /` on dates, times and intervals.
enum TimeArithmetic {
  static let additions: [ScalarOverload] = [
    dates("(day DATE, days INTEGER) -> DATE", sign: 1),
    ScalarOverload(
      [.init("days", .bigint), .init("day", .date)], returns: .date,
      make: { (site) throws(QueryError) in
        RowFunction.binary(Int64.self, Int32.self, Int32.self) { (days, day, _) throws(QueryError) in
          try shifted(day, by: days, site)
        }
      }),
  ]
  static let subtractions: [ScalarOverload] = [
    dates("(day DATE, days INTEGER) -> DATE", sign: -1),
    ScalarOverload(
      [.init("a", .date), .init("b", .date)], returns: .bigint,
      RowFunction.binary(Int32.self, Int32.self, Int64.self) { (a, b, _) throws(QueryError) in
        Int64(a) - Int64(b)
      }),
  ]
  static let multiplications: [ScalarOverload] = []
  static let divisions: [ScalarOverload] = []

  private static func dates(_ signature: String, sign: Int64) -> ScalarOverload {
    ScalarOverload(
      [.init("day", .date), .init("days", .bigint)], returns: .date,
      make: { (site) throws(QueryError) in
        RowFunction.binary(Int32.self, Int64.self, Int32.self) { (day, days, _) throws(QueryError) in
          try shifted(day, by: sign &* days, site)
        }
      })
  }

  private static func shifted(_ day: Int32, by days: Int64, _ site: CallSite) throws(QueryError) -> Int32 {
    let (sum, overflow) = Int64(day).addingReportingOverflow(days)
    guard !overflow, let result = Int32(exactly: sum) else {
      throw QueryError(.invalidDatetime, "a date \(days) days away is out of range", at: site.position)
    }
    return result
  }
}
