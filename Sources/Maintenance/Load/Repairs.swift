/// What had to be mended of a record.
package struct Repairs: OptionSet, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  static let timeFromEventTimestamp = Repairs(rawValue: 1)
  static let timeFromCreatedAt = Repairs(rawValue: 1 << 1)
  static let timeFromArrival = Repairs(rawValue: 1 << 2)
  static let timeFromText = Repairs(rawValue: 1 << 3)
  static let timeInSeconds = Repairs(rawValue: 1 << 4)
  static let propertiesNotAnObject = Repairs(rawValue: 1 << 5)
  static let sizeFromText = Repairs(rawValue: 1 << 6)
  static let sizeUnusable = Repairs(rawValue: 1 << 7)
  static let joinedRecords = Repairs(rawValue: 1 << 8)
  static let missingQuote = Repairs(rawValue: 1 << 9)

  /// What the report calls each.
  static let names: [(repair: Repairs, name: String)] = [
    (.timeFromEventTimestamp, "time taken from eventTimestamp"),
    (.timeFromCreatedAt, "time taken from createdAt"), (.timeFromArrival, "time taken from the arrival"),
    (.timeFromText, "time given as text"), (.timeInSeconds, "time given in seconds"),
    (.propertiesNotAnObject, "properties that are no object"), (.sizeFromText, "screen size given as text"),
    (.sizeUnusable, "screen size that is no number"), (.joinedRecords, "records joined by a literal \\n"),
    (.missingQuote, "missing closing quote"),
  ]
}
