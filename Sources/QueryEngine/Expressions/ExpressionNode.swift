internal import Columnar

/// A step of an evaluator: an expression made ready to run over batches.
///
/// A node belongs to one evaluator, hence to one worker, and may keep caches between batches.
protocol ExpressionNode: AnyObject {
  /// The type of the values.
  var type: LogicalType { get }

  /// Returns the values of the frame's rows.
  ///
  /// Rows outside `frame.active` may hold anything that is safe to read, null or not; no error is raised
  /// for their sake.
  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector

  /// Returns the active rows for which this boolean expression is `wanted`, those where it is null left out.
  func rows(where wanted: Bool, in frame: EvaluationFrame) throws(QueryError) -> Bitmap
}

extension ExpressionNode {
  func rows(where wanted: Bool, in frame: EvaluationFrame) throws(QueryError) -> Bitmap {
    Kernels.rows(of: try evaluate(frame), where: wanted, active: frame.active)
  }
}

/// The rows that an expression is evaluated over.
struct EvaluationFrame {
  /// The batch's columns.
  let columns: [Vector]
  /// The length of each.
  let rowCount: Int
  /// The rows whose value is wanted; `nil` for all.
  let active: Bitmap?
  /// What the nodes of one evaluator share.
  let context: EvaluationContext

  /// Returns the frame with other active rows.
  func narrowed(to active: Bitmap?) -> EvaluationFrame {
    EvaluationFrame(columns: columns, rowCount: rowCount, active: active, context: context)
  }

  /// How many rows are active.
  var activeCount: Int { active?.setCount ?? rowCount }
}

/// What the nodes of one evaluator share.
final class EvaluationContext {
  let environment: EvaluationEnvironment
  /// Lends the memory of intermediate columns.
  var pool = BufferPool()

  init(_ environment: EvaluationEnvironment) { self.environment = environment }
}
