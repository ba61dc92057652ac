/// What a long job tells about how far it is.
package enum JobProgress: Sendable {
  /// What it does now.
  case stage(String)
  /// How much is done, of how much: `unit` is the plural of what is counted.
  case amount(done: Int, total: Int, unit: String)
}
