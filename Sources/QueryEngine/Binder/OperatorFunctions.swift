/// The functions of the registry that operators stand for.
enum OperatorFunctions {
  static func name(of sign: BinarySign) -> String? {
    switch sign {
    case .add: "add"
    case .subtract: "subtract"
    case .multiply: "multiply"
    case .divide: "divide"
    case .integerDivide: "integer_divide"
    case .modulo: "modulo"
    case .power: "power"
    case .concatenate: "concatenate"
    case .bitAnd: "bitwise_and"
    case .bitOr: "bitwise_or"
    case .bitXor: "bitwise_xor"
    case .shiftLeft: "shift_left"
    case .shiftRight: "shift_right"
    case .arrow: "json_extract"
    case .doubleArrow: "json_extract_string"
    case .startsWith: "starts_with"
    case .matches, .matchesNot: "regexp_matches"
    case .matchesInsensitive, .matchesNotInsensitive: "regexp_matches"
    case .overlaps: "arrays_overlap"
    case .contains: "list_has_all"
    case .containedBy: "list_has_all"
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: nil
    }
  }

  static func comparison(of sign: BinarySign) -> ComparisonOperator? {
    switch sign {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
  }

  static let negate = "negate"
  static let bitNot = "bitwise_not"
  static let list = "list_value"
  static let structure = "struct_pack"
  static let map = "map"
  static let element = "list_extract"
  static let mapElement = "map_extract_value"
  static let slice = "list_slice"
  static let datePart = "date_part"
  static let timeZone = "timezone"
  static let listContains = "list_contains"

  static func name(of like: LikeSyntax.Operator) -> String {
    switch like {
    case .like: "like"
    case .ilike: "ilike"
    case .similarTo: "similar_to"
    case .glob: "glob"
    case .regexp: "regexp_matches"
    }
  }
}
