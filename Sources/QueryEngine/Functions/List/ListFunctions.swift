internal import Columnar

/// Every function of lists.
enum ListFunctions {
  static let containsOverloads: [ScalarOverload] = []
  static let reverseOverloads: [ScalarOverload] = []
  static let concatOverloads: [ScalarOverload] = []
  static let concatManyOverloads: [ScalarOverload] = []
}
