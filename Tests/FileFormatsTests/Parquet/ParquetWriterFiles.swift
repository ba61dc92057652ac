import Columnar

@testable import FileFormats

/// Makes columns of random values in all shapes that vectors may have, and remembers what was in them.
struct RandomColumn {
  enum Nulls: String, CaseIterable {
    case required
    case none
    case some
    case most
    case all
  }
  enum Distribution: String, CaseIterable {
    case few
    case many
    case ascending
  }

  let field: ParquetWriteField
  let nulls: Nulls
  let distribution: Distribution
  var written: [ScalarValue] = []
  private var counter: Int64 = 0

  init(_ field: ParquetWriteField, _ nulls: Nulls, _ distribution: Distribution) {
    (self.field, self.nulls, self.distribution) = (field, nulls, distribution)
  }

  /// Returns a vector of `count` rows; `rows` of them count.
  mutating func next(_ count: Int, counting rows: [Bool], using random: inout SplitMix) -> Vector {
    let shape = random.next(below: 4)
    let type = field.type
    if shape == 0, !type.isNested, count > 0 {
      let value = self.value(using: &random)
      for row in 0..<count where rows[row] { written.append(value) }
      return .constant(VectorBuilder.single(value, type), count: count)
    }
    if shape == 1, !type.isNested {
      var base = VectorBuilder(type)
      var entries: [ScalarValue] = []
      for _ in 0..<random.next(below: 300) + 1 {
        let entry = random.next(below: 10) == 0 ? self.value(using: &random) : plain(type, &random)
        entries.append(entry)
        base.append(entry)
      }
      var codes = WritableBuffer(byteCount: count * 4)
      var room = codes.elements(as: UInt32.self, count: count)
      var valid: [Bool] = []
      for row in 0..<count {
        let code = random.next(below: entries.count)
        room[row] = UInt32(code)
        valid.append(nulls == .required || nulls == .none || random.next(below: 4) > 0)
        if nulls == .all { valid[row] = false }
        if rows[row] { written.append(valid[row] ? entries[code] : .null) }
      }
      let validity = valid.allSatisfy { $0 } ? nil : Bitmap(valid)
      return .dictionary(codes.freeze(), count: count, of: base.finish(), validity: validity)
    }
    var builder = VectorBuilder(type)
    for row in 0..<count {
      let value = self.value(using: &random)
      builder.append(value)
      if rows[row] { written.append(value) }
    }
    return builder.finish()
  }

  private mutating func value(using random: inout SplitMix) -> ScalarValue {
    switch nulls {
    case .required, .none: break
    case .some: if random.next(below: 5) == 0 { return .null }
    case .most: if random.next(below: 50) != 0 { return .null }
    case .all: return .null
    }
    return plain(field.type, &random)
  }

  private mutating func plain(_ type: LogicalType, _ random: inout SplitMix) -> ScalarValue {
    value(type, field.children, &random)
  }

  private mutating func value(
    _ type: LogicalType, _ children: [ParquetWriteField], _ random: inout SplitMix
  ) -> ScalarValue {
    counter += 1
    let number: Int64 =
      switch distribution {
      case .few: Int64(random.next(below: 7)) - 3
      case .many: Int64(bitPattern: random.next())
      case .ascending: counter * 3 - 1000
      }
    func optional(_ child: ParquetWriteField, _ column: inout RandomColumn) -> ScalarValue {
      if !child.isRequired, random.next(below: 6) == 0 { return .null }
      return column.value(child.type, child.children, &random)
    }
    switch type {
    case .null: return .null
    case .boolean: return .boolean(number & 1 == 0)
    case .tinyint: return .integer(Int64(Int8(truncatingIfNeeded: number)))
    case .smallint: return .integer(Int64(Int16(truncatingIfNeeded: number)))
    case .integer: return .integer(Int64(Int32(truncatingIfNeeded: number)))
    case .date: return .integer(number % 100_000)
    case .time: return .integer(abs(number % 86_400_000_000))
    case .bigint: return .integer(number)
    case .timestamp, .timestampTZ: return .integer(number % 4_000_000_000_000_000)
    case .timestampNanos, .timestampTZNanos: return .integer(number)
    case .decimal(let precision, _):
      var limit: Int128 = 1
      for _ in 0..<precision { limit *= 10 }
      let wide = precision > 18 ? Int128(number) &* 1_000_003_000_017 : Int128(number)
      return .decimal(wide % limit)
    case .real:
      let special: [Float] = [.nan, .infinity, -0.0, 0]
      return .real(random.next(below: 9) == 0 ? special[random.next(below: 4)] : Float(number) / 8)
    case .double:
      let special: [Double] = [.nan, -.infinity, -0.0, 0]
      return .double(random.next(below: 9) == 0 ? special[random.next(below: 4)] : Double(number) / 8)
    case .varchar:
      let text = "v\(number)" + (random.next(below: 4) == 0 ? " — ünïcödé 𝄞 and then some more text" : "")
      return number == 0 ? .text("") : .text(text)
    case .binary:
      return .bytes((0..<random.next(below: 90)).map { _ in UInt8(truncatingIfNeeded: number) | 0x80 })
    case .fixed(let length):
      return .bytes((0..<length).map { UInt8(truncatingIfNeeded: number &+ Int64($0)) })
    case .uuid: return .bytes((0..<16).map { UInt8(truncatingIfNeeded: number &* Int64($0 * 31)) })
    case .interval: return .null
    case .list:
      return .list((0..<random.next(below: 4)).map { _ in optional(children[0], &self) })
    case .map(let key, _):
      let count = random.next(below: 4)
      var keys: [ScalarValue] = []
      while keys.count < count {
        let key = value(key, children[0].children, &random)
        guard !keys.contains(key) else { break }
        keys.append(key)
      }
      return .map(keys: keys, values: keys.map { _ in optional(children[1], &self) })
    case .struct: return .struct(children.map { optional($0, &self) })
    }
  }
}

/// Steele, Lea and Flood's SplitMix64.
struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z &>> 31
  }
  mutating func next(below limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// The text form in which `Tests/Interop/parquet_writer_check.py` compares values.
enum PlainJSON {
  static func value(_ value: ScalarValue) -> JSONValue {
    switch value {
    case .null: .null
    case .boolean(let value): .bool(value)
    case .integer(let value): .string("\(value)")
    case .decimal(let value): .string("\(value)")
    // One NaN is as good as another, and zero keeps its sign.
    case .real(let value): .string(value.isNaN ? "nan" : "\(value.bitPattern)")
    case .double(let value): .string(value.isNaN ? "nan" : "\(value.bitPattern)")
    case .bytes(let bytes):
      .string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    case .interval: .null
    case .list(let values): .array(values.map { PlainJSON.value($0) })
    case .struct(let values): .array(values.map { PlainJSON.value($0) })
    case .map(let keys, let values):
      .array(zip(keys, values).map { .array([PlainJSON.value($0), PlainJSON.value($1)]) })
    }
  }
}
