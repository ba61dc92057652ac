internal import Columnar

/// Functions that choose among their arguments; the evaluator takes those with lazy arguments to nodes of
/// their own, so that an argument is evaluated only where it counts.
enum ConditionalFunctions {
  static let all: [ScalarFunction] = [coalesce, nullif, conditional, greatest, least, typeOf]

  static let coalesce = ScalarFunction(
    "coalesce", aliases: ["ifnull", "nvl"], "The first argument that is not null.",
    examples: [.init("coalesce(NULL, 2, 3)", gives: "2"), .init("ifnull(NULL, 'x')", gives: "x")],
    [
      ScalarOverload(
        "(x ANY, …) -> ANY", nulls: .body,
        rule: { common($0, minimum: 1) },
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            var open: Bitmap?
            var parts: [VectorMerge.Part] = []
            for argument in arguments {
              let valid = argument.rowValidity ?? Bitmap(repeating: true, count: frame.rowCount)
              parts.append(.init(rows: Kernels.and(valid, open, count: frame.rowCount), values: argument))
              open = Kernels.subtracting(open, valid)
            }
            return VectorMerge.merge(parts, type: frame.resultType, count: frame.rowCount)
          }
        })
    ])

  static let nullif = ScalarFunction(
    "nullif", "The first argument, NULL if it equals the second.",
    examples: [.init("nullif(1, 1)", gives: "NULL"), .init("nullif(1, 2)", gives: "1")],
    [
      ScalarOverload(
        "(x ANY, unwanted ANY) -> ANY", nulls: .body,
        rule: { $0.types.count == 2 ? common($0, minimum: 2) : nil },
        make: { (site) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let known = Bitmap.intersection(arguments[0].rowValidity, arguments[1].rowValidity)
            let equal = VectorComparison.compare(.equal, arguments[0], arguments[1], site.resultType)
            let same = Kernels.and(equal, known, count: frame.rowCount)
            let kept = Kernels.subtracting(nil, same)
            return VectorMerge.merge(
              [.init(rows: kept, values: arguments[0])], type: site.resultType, count: frame.rowCount)
          }
        })
    ])

  static let conditional = ScalarFunction(
    "if", aliases: ["iff"], "The second argument where the first is true, else the third, or NULL.",
    examples: [.init("if(1 < 2, 'yes', 'no')", gives: "yes"), .init("if(false, 1)", gives: "NULL")],
    [
      ScalarOverload(
        "(condition BOOLEAN, then ANY [, otherwise ANY]) -> ANY", nulls: .body,
        rule: { arguments in
          guard arguments.types.count == 2 || arguments.types.count == 3 else { return nil }
          let rest = ArgumentTypes(
            Array(arguments.types.dropFirst()), isUntyped: Array(arguments.isUntyped.dropFirst()))
          return common(rest, minimum: 1).map {
            SignatureTypes([.boolean] + $0.parameters, returns: $0.result)
          }
        },
        make: { (_) throws(QueryError) in
          { (arguments, frame) throws(QueryError) in
            let taken = Kernels.rows(of: arguments[0], where: true, active: nil)
            var parts = [VectorMerge.Part(rows: taken, values: arguments[1])]
            if arguments.count > 2 {
              parts.append(.init(rows: Kernels.subtracting(nil, taken), values: arguments[2]))
            }
            return VectorMerge.merge(parts, type: frame.resultType, count: frame.rowCount)
          }
        })
    ])

  static let greatest = ScalarFunction(
    "greatest", "The greatest of the arguments that are not null.",
    examples: [.init("greatest(1, 3, NULL, 2)", gives: "3")], [extreme(.greater)])

  static let least = ScalarFunction(
    "least", "The least of the arguments that are not null.",
    examples: [.init("least(1, 3, NULL, 2)", gives: "1")], [extreme(.less)])

  static let typeOf = ScalarFunction(
    "typeof", aliases: ["pg_typeof"], "The name of the argument's type.",
    examples: [.init("typeof(1)", gives: "INTEGER")],
    [
      ScalarOverload(
        "(x ANY) -> VARCHAR", nulls: .body,
        rule: { $0.types.count == 1 ? SignatureTypes($0.types, returns: .varchar) : nil },
        make: { (site) throws(QueryError) in
          let name = VectorBuilder.single(.text(site.argumentTypes[0].description), .varchar)
          return { (_, frame) throws(QueryError) in .constant(name, count: frame.rowCount) }
        })
    ])

  private static func extreme(_ comparison: ComparisonOperator) -> ScalarOverload {
    ScalarOverload(
      "(x ANY, …) -> ANY", nulls: .body, rule: { common($0, minimum: 1) },
      make: { (site) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          let count = frame.rowCount
          var best = arguments[0]
          for argument in arguments.dropFirst() {
            let better = VectorComparison.compare(comparison, argument, best, site.resultType)
            let valid = argument.rowValidity ?? Bitmap(repeating: true, count: count)
            let missing = best.rowValidity.map { Kernels.subtracting(nil, $0) }
            let preferred = missing.map { Kernels.or(better, $0) } ?? better
            let taken = Kernels.and(Kernels.trimmed(preferred), valid)
            best = VectorMerge.merge(
              [
                .init(rows: taken, values: argument),
                .init(rows: Kernels.subtracting(nil, taken), values: best),
              ], type: site.resultType, count: count)
          }
          return best
        }
      })
  }

  /// One type for all arguments; string literals take the type of the others.
  static func common(_ arguments: ArgumentTypes, minimum: Int) -> SignatureTypes? {
    guard arguments.types.count >= minimum else { return nil }
    var type: LogicalType = .null
    for (index, argument) in arguments.types.enumerated() where !arguments.isUntyped[index] {
      guard let wider = ImplicitConversion.commonType(type, argument) else { return nil }
      type = wider
    }
    if type == .null, arguments.isUntyped.contains(true) { type = .varchar }
    return SignatureTypes(arguments.types.map { _ in type }, returns: type)
  }
}
