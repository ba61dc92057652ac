internal import Columnar

/// TABLESAMPLE and USING SAMPLE.
extension Binder {
  /// Takes rows at random: a share, each row decided for itself, or a number of them.
  func sampled(_ plan: LogicalPlan, by sample: SampleSyntax?) throws(QueryError) -> LogicalPlan {
    guard let sample else { return plan }
    if let seed = sample.seed {
      throw QueryError.unsupported(
        "a sample that can be repeated", hint: "WHERE hash(key) % 100 < 10 takes the same rows each time",
        at: place(seed.range))
    }
    let methods = ["bernoulli", "system", "reservoir"]
    if let method = sample.method, !methods.contains(method.text.lowercased()) {
      throw QueryError(
        .undefinedObject, "there is no sampling method \"\(method.text)\"",
        hint: NearestName.hint(for: method.text.lowercased(), among: methods), at: place(method.range))
    }
    let context = ExpressionContext(Scope(parent: nil), .constant)
    let bound = try bind(sample.amount, in: context)
    let value = try constant(converted(bound, to: .double), what: "a sample", at: sample.amount.range)
    guard case .double(let amount) = value, amount >= 0, !sample.isPercent || amount <= 100 else {
      throw QueryError(
        .invalidParameter,
        sample.isPercent ? "a sample is 0 to 100 percent" : "a sample needs a number of rows, 0 or more",
        at: place(sample.amount.range))
    }
    let random = try call("random", [], at: sample.range)
    if sample.isPercent {
      return plan.filtered(by: [.comparison(.less, random, .literal(.double(amount / 100), .double))])
    }
    return .limit(count: Int(clamping: Int64(amount)), offset: 0, .sort([.init(random)], plan))
  }
}
