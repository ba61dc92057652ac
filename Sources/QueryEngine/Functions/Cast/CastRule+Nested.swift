internal import Columnar
internal import FileFormats

extension CastRule {
  /// The body of a conversion to a list, struct or map; `nil` for other types.
  func nested() throws(QueryError) -> ScalarBody? {
    switch (source, target) {
    case (.varchar, _) where target.isNested: return nestedFromText()
    case (.list(let from), .list(let to)):
      let element = try inner(from, to)
      return { (arguments, frame) throws(QueryError) in
        let list = arguments[0].flattened()
        let elements = try Self.apply(element, to: list.elements, type: to, frame)
        return list.withElements(elements)
      }
    case (.struct(let from), .struct(let to)):
      guard from.count == to.count else { return nil }
      // Fields go by name if the names are the same ones, else by place.
      let names = from.map { $0.name.lowercased() }
      var order = Array(from.indices)
      let wanted = to.map { names.firstIndex(of: $0.name.lowercased()) }
      if Set(wanted.compactMap { $0 }).count == to.count { order = wanted.compactMap { $0 } }
      var bodies: [ScalarBody] = []
      for (index, field) in to.enumerated() { bodies.append(try inner(from[order[index]].type, field.type)) }
      return { (arguments, frame) throws(QueryError) in
        let value = arguments[0].flattened()
        let sources = value.fields
        var fields: [Vector] = []
        for index in to.indices {
          let field = FieldNode.field(order[index], of: value)
          _ = sources
          fields.append(try Self.apply(bodies[index], to: field, type: to[index].type, frame))
        }
        return .struct(fields, count: frame.rowCount, validity: value.validity.map { Kernels.trimmed($0) })
      }
    case (.map(let fromKey, let fromValue), .map(let toKey, let toValue)):
      let (key, value) = (try inner(fromKey, toKey), try inner(fromValue, toValue))
      return { (arguments, frame) throws(QueryError) in
        let map = arguments[0].flattened()
        let entries = map.elements.flattened()
        let fields = entries.fields
        let keys = try Self.apply(key, to: fields[0], type: toKey, frame)
        let values = try Self.apply(value, to: fields[1], type: toValue, frame)
        return map.withElements(.struct([keys, values], count: entries.count))
      }
    default: return nil
    }
  }

  private func inner(_ from: LogicalType, _ to: LogicalType) throws(QueryError) -> ScalarBody {
    do {
      return try Cast.body(from: from, to: to, isTry: isTry, environment: environment, at: position)
    } catch {
      throw QueryError(.cannotCoerce, "\(source) cannot be cast to \(target)", at: position)
    }
  }

  /// Converts a vector of another length than the batch's.
  private static func apply(
    _ body: ScalarBody, to values: Vector, type: LogicalType, _ frame: CallFrame
  ) throws(QueryError) -> Vector {
    let valid = values.rowValidity.map { Kernels.trimmed($0) }
    let inner = CallFrame(
      rowCount: values.count, active: valid, validity: valid, resultType: type, frame: frame.frame)
    return try body([values.flattened()], inner)
  }

  /// Reads JSON, or the text form of lists, structs and maps.
  private func nestedFromText() -> ScalarBody {
    let rule = self
    return { (arguments, frame) throws(QueryError) in
      let texts = RowOperand(arguments[0])
      let values = texts.vector.strings
      var builder = VectorBuilder(rule.target)
      for row in 0..<frame.rowCount {
        if let active = frame.active, !active[row] {
          builder.appendNull()
          continue
        }
        let text = values[row & texts.mask]
        let bytes = text.bytes
        var value: ScalarValue?
        if let json = try? JSONParser.parse(bytes.span) { value = rule.scalar(json, rule.target) }
        if value == nil { value = rule.parseNested(bytes, rule.target) }
        if let value {
          builder.append(value)
        } else {
          builder.append(try rule.reject(rule.unreadable(text)) ?? .null)
        }
      }
      return builder.finish()
    }
  }

  /// Reads the text of one value; `nil` if it is none of the type.
  func scalar(text: [UInt8], _ type: LogicalType) -> ScalarValue? {
    if type == .varchar { return .bytes(text) }
    let single = VectorBuilder.single(.bytes(text), .varchar)
    guard
      let body = try? Cast.body(from: .varchar, to: type, isTry: false, environment: environment, at: nil)
    else { return nil }
    let context = EvaluationContext(environment)
    let outer = EvaluationFrame(columns: [], rowCount: 1, active: nil, context: context)
    let frame = CallFrame(rowCount: 1, active: nil, validity: nil, resultType: type, frame: outer)
    guard let vector = try? body([single], frame) else { return nil }
    return vector.scalar(at: 0, as: type)
  }

  /// The value of a JSON value; `nil` if it is none of the type.
  func scalar(_ json: JSONValue, _ type: LogicalType) -> ScalarValue? {
    if case .null = json { return .null }
    switch type {
    case .list(let element):
      guard case .array(let values) = json else { return nil }
      var result: [ScalarValue] = []
      for value in values {
        guard let scalar = scalar(value, element) else { return nil }
        result.append(scalar)
      }
      return .list(result)
    case .struct(let fields):
      guard case .object(let object) = json else { return nil }
      var result: [ScalarValue] = []
      for field in fields {
        let member =
          object.members.first { $0.key == field.name }
          ?? object.members.first { $0.key.lowercased() == field.name.lowercased() }
        guard let scalar = member.map({ scalar($0.value, field.type) }) ?? .null else { return nil }
        result.append(scalar)
      }
      return .struct(result)
    case .map(let key, let value):
      guard case .object(let object) = json else { return nil }
      var (keys, values): ([ScalarValue], [ScalarValue]) = ([], [])
      for member in object.members {
        guard let name = scalar(text: Array(member.key.utf8), key), let content = scalar(member.value, value)
        else {
          return nil
        }
        keys.append(name)
        values.append(content)
      }
      return .map(keys: keys, values: values)
    default: break
    }
    if case .string(let string) = json { return scalar(text: Array(string.utf8), type) }
    return scalar(text: JSONWriter.write(json), type)
  }
}

extension Vector {
  /// The flat list vector with other elements in the same places.
  func withElements(_ elements: Vector) -> Vector {
    let ends = offsets
    var buffer = WritableBuffer(byteCount: ends.count * 4)
    do {
      var room = buffer.elements(as: UInt32.self, count: ends.count)
      for index in ends.indices { room[index] = ends[index] }
    }
    return .list(buffer.freeze(), count: count, of: elements, validity: validity.map { Kernels.trimmed($0) })
  }
}
