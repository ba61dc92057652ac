internal import Columnar
internal import FileFormats

extension AggregateFunction {
  static let sketchFamily: [AggregateFunction] = [
    sketch("theta_sketch", [], "A theta sketch of the distinct values, as DataSketches writes it.") {
      ThetaSketchState()
    },
    union("theta_union", [], "The theta sketch of all values that the sketches took.") { ThetaSketchState() },
    sketch("hll_sketch", ["approx_set"], "A HyperLogLog sketch of the distinct values.") {
      HyperLogLogState()
    },
    union("hll_union", ["merge"], "The HyperLogLog sketch of all values that the sketches took.") {
      HyperLogLogState()
    },
    aggregate(
      "bitmap_agg", [], "The distinct values, 0 or more, as a 64-bit Roaring bitmap in its portable form.",
      of: { $0.isInteger || $0 == .null ? .bigint : nil }, isUnion: false
    ) { RoaringState() },
    union("bitmap_union", [], "The bitmap of all values of the bitmaps.") { RoaringState() },
  ]

  private static func sketch(
    _ name: String, _ aliases: [String], _ summary: String, _ make: @escaping @Sendable () -> any SketchState
  ) -> AggregateFunction {
    aggregate(name, aliases, summary, of: { $0 }, isUnion: false, make)
  }

  private static func union(
    _ name: String, _ aliases: [String], _ summary: String, _ make: @escaping @Sendable () -> any SketchState
  ) -> AggregateFunction {
    aggregate(
      name, aliases, summary, of: { $0 == .binary || $0 == .null ? .binary : nil }, isUnion: true, make)
  }

  /// `argument` tells the type to cast an argument to, `nil` if it does not fit.
  private static func aggregate(
    _ name: String, _ aliases: [String], _ summary: String,
    of argument: @escaping @Sendable (LogicalType) -> LogicalType?, isUnion: Bool,
    _ make: @escaping @Sendable () -> any SketchState
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, summary: summary, ignoresDistinct: true,
      resolve: { arguments, _ in
        guard arguments.count == 1, let type = argument(arguments[0]) else {
          return nil
        }
        return AggregateSignature(name, [type], gives: .binary)
      },
      makeAccumulator: { SketchAccumulator($0, isUnion: isUnion, make) })
  }
}

/// What a sketch keeps of the values it took.
protocol SketchState: AnyObject {
  /// Takes a value that is not null.
  func add(_ value: ScalarValue, as type: LogicalType) throws(QueryError)
  /// Takes all that a serialised sketch took.
  func add(serialized bytes: [UInt8]) throws(QueryError)
  /// Takes all that another sketch of the same class took.
  func merge(_ other: any SketchState) throws(QueryError)
  /// The sketch as a value.
  var serialized: [UInt8] { get }
  /// How many different values there probably are.
  var estimate: Int64 { get }
}

extension SketchState {
  /// The error of bytes that are no sketch of this kind.
  static func damaged(_ what: String) -> QueryError { QueryError(.invalidParameter, "no \(what)") }
}

/// A sketch of each group, made of values or of other sketches.
final class SketchAccumulator: Accumulator {
  private var states: [(any SketchState)?] = []
  private let binding: AggregateFunction.Binding
  private let isUnion: Bool
  private let make: @Sendable () -> any SketchState

  init(_ binding: AggregateFunction.Binding, isUnion: Bool, _ make: @escaping @Sendable () -> any SketchState)
  {
    (self.binding, self.isUnion, self.make) = (binding, isUnion, make)
  }

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { states.count * 4096 }

  override func grow(to count: Int) {
    if count > states.count { states.append(contentsOf: repeatElement(nil, count: count - states.count)) }
  }

  private func state(_ group: Int) -> any SketchState {
    if let state = states[group] { return state }
    let state = make()
    states[group] = state
    return state
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) throws(QueryError) {
    let type = binding.argumentTypes[0]
    do throws(QueryError) {
      for row in groups.indices where groups[row] != 0 {
        let (state, value) = (state(Int(groups[row])), arguments[0].scalar(at: row, as: type))
        if isUnion, case .bytes(let bytes) = value {
          try state.add(serialized: bytes)
        } else {
          try state.add(value, as: type)
        }
      }
    } catch {
      throw binding.position.map { error.located(at: $0) } ?? error
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) throws(QueryError) {
    guard let other = other as? SketchAccumulator else { return }
    for (group, target) in groups {
      if let from = other.states[group] { try state(target).merge(from) }
    }
  }

  override func results(_ range: Range<Int>) -> Vector {
    var builder = VectorBuilder(.binary)
    for group in range { builder.append(states[group].map { .bytes($0.serialized) } ?? .null) }
    return builder.finish()
  }
}
