/// A JSON value (RFC 8259) with exact numbers and the members of objects in order.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// A number without point or exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number, as it was written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Returns a number in the shortest form that reads back the same; null for NaN and infinities.
  public static func double(_ value: Double) -> JSONValue {
    value.isFinite ? .number(value.description) : .null
  }
}

extension JSONValue {
  /// The member of an object; `nil` when this is none or has no such member.
  public subscript(_ key: String) -> JSONValue? { objectValue?[key] }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// The truth value, if this is one.
  public var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The integer, if this is one of 64 bits.
  public var integerValue: Int64? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// The number, rounded to a `Double`, if this is one.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let text): Double(text)
    default: nil
    }
  }

  /// The text, if this is a string.
  public var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The elements, if this is an array.
  public var arrayValue: [JSONValue]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members, if this is an object.
  public var objectValue: JSONObject? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// What kind of value this is, for messages: `a string`.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// The members of a JSON object, in the order of their first mention.
public struct JSONObject: Sendable {
  /// A member.
  public struct Member: Hashable, Sendable {
    /// The name.
    public var key: String
    /// The value.
    public var value: JSONValue

    /// Makes a member.
    public init(_ key: String, _ value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  /// The members; no key occurs twice.
  public private(set) var members: [Member] = []
  /// Where each key is, once there are so many that searching is slow.
  private var places: [String: Int]?
  private static let searchLimit = 12

  /// Makes an object without members.
  public init() {}

  /// Makes an object of members; of equal keys the last value counts, as in most readers.
  public init(_ members: some Sequence<Member>) { for member in members { self[member.key] = member.value } }

  /// The keys in order.
  public var keys: [String] { members.map(\.key) }

  private func place(of key: String) -> Int? {
    if let places { return places[key] }
    return members.firstIndex { $0.key == key }
  }

  /// The value of a key; setting `nil` removes the member, setting a new key appends one.
  public subscript(_ key: String) -> JSONValue? {
    get { place(of: key).map { members[$0].value } }
    set {
      let place = place(of: key)
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil):
        members.remove(at: place)
        places = nil
        index()
      case (nil, let value?):
        members.append(Member(key, value))
        if places != nil { places?[key] = members.count - 1 } else { index() }
      case (nil, nil): break
      }
    }
  }

  private mutating func index() {
    guard members.count > Self.searchLimit else { return }
    var index: [String: Int] = [:]
    for (place, member) in members.enumerated() { index[member.key] = place }
    places = index
  }
}

extension JSONObject: Hashable {
  /// Returns whether both have the same members in the same order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

  /// Hashes the members.
  public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}

extension JSONObject: RandomAccessCollection {
  /// The first index.
  public var startIndex: Int { 0 }
  /// The number of members.
  public var endIndex: Int { members.count }
  /// The member at a place.
  public subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Makes an object of a literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { Member($0.0, $0.1) })
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  /// Makes a string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Makes an integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// Makes a truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Makes an array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Makes an object.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
  }
  /// Makes a null.
  public init(nilLiteral: ()) { self = .null }
}
