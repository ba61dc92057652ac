internal import Columnar

/// Every function of lists, maps and structs.
enum ListFunctions {
  static let all: [ScalarFunction] =
    ListMaking.all + ListAccess.all + ListSearch.all + ListSets.all + ListOrder.all + ListFolding.all
    + ListLambdas.all + MapFunctions.all

  static let containsOverloads = [ListSearch.containsOverload]
  static let reverseOverloads = [ListOrder.reverseOverload]
  static let concatOverloads = [
    ListMaking.concatOverload(count: 2...2), ListMaking.appendOverload, ListMaking.prependOverload,
  ]
  static let concatManyOverloads = [ListMaking.concatOverload(count: 1...64)]
}
