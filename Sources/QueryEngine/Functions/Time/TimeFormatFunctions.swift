enum TimeFormatFunctions {
  static let toTimestampOverloads: [ScalarOverload] = []
}
