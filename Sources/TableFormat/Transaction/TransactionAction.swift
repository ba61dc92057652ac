/// A change to a table, stated so that it can be made again on newer metadata when another writer was faster.
public protocol TransactionAction: Sendable {
  /// Makes the change.
  ///
  /// Called once for each attempt to commit, with the table as it is then. An action that depends on what it
  /// saw when the transaction began checks here that it still holds.
  ///
  /// - Parameter changes: The attempt's state, on which earlier actions of the transaction have worked.
  /// - Throws: ``TableFormatError``: `conflict` when another writer's change rules this one out.
  func apply(to changes: inout TableChanges) throws(TableFormatError)
}
