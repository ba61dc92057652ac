/// Every function of dates and times.
enum TimeFunctions {
  static let all: [ScalarFunction] =
    DateTruncation.all + DatePartFunctions.all + EpochFunctions.all + DateDifference.all + DateAddition.all
    + ZoneFunctions.all + TimeFormatFunctions.all
}
