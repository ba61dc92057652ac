/// Every function of dates and times.
enum TimeFunctions {
  static let all: [ScalarFunction] = DateTruncation.all + DatePartFunctions.all + EpochFunctions.all
}
