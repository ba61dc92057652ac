internal import Columnar

/// How strictly a change minds what other writers did since it read the table.
public enum IsolationLevel: String, Sendable {
  /// Rows that others added and that the statement would have seen rule it out.
  case serializable
  /// Only changes to the files it replaces rule it out.
  case snapshot
}

/// What other writers have added to a branch since a transaction began.
struct ConcurrentChanges {
  /// Data files added since.
  private(set) var data: [ManifestEntry] = []
  /// Delete files added since.
  private(set) var deletes: [ManifestEntry] = []

  /// Reads what was added.
  ///
  /// - Parameters:
  ///   - start: The snapshot the transaction has read; `nil` when the branch had none.
  ///   - branch: The branch.
  ///   - changes: The attempt.
  ///   - wantsData: Whether added data files matter.
  /// - Throws: ``TableFormatError`` of kind `conflict` when the branch does not descend from the snapshot any more.
  init(
    since start: SnapshotID?, on branch: String, in changes: TableChanges, data wantsData: Bool
  ) throws(TableFormatError) {
    let metadata = changes.base.metadata
    guard let head = metadata.references[branch]?.snapshotID, head != start else { return }
    guard let since = try metadata.ancestry(of: head, since: start) else {
      throw TableFormatError(
        .conflict, "the branch \"\(branch)\" was set to another history meanwhile",
        hint: "run the statement again")
    }
    for snapshot in since where snapshot.summary.operation != .replace {
      for manifest in try changes.base.manifests(of: snapshot)
      where manifest.addedSnapshotID == snapshot.id && manifest.addedFilesCount != 0
        && (wantsData || manifest.content == .deletes)
      {
        let added = try changes.base.entries(of: manifest).filter {
          $0.status == .added && $0.snapshotID == snapshot.id
        }
        if manifest.content == .data { data += added } else { deletes += added }
      }
    }
  }

  /// Throws when a delete that was added since applies to one of the files.
  ///
  /// - Parameters:
  ///   - files: Data files that are to be replaced or removed.
  ///   - keepsSequenceNumber: Whether what takes their place keeps their sequence number, so that equality
  ///     deletes go on to apply to it.
  /// - Throws: ``TableFormatError`` of kind `conflict`.
  func checkNoDeletes(for files: [DataFile], keepsSequenceNumber: Bool = false) throws(TableFormatError) {
    guard !deletes.isEmpty, !files.isEmpty else { return }
    let paths = Set(files.map { PathMapper.normalised($0.path) })
    for entry in deletes {
      let delete = entry.file
      let applies: Bool
      if delete.content == .equalityDeletes {
        // Those of an unpartitioned spec are global (rule 35).
        applies =
          !keepsSequenceNumber
          && files.contains {
            delete.partition.isEmpty || ($0.specID == delete.specID && $0.partition == delete.partition)
          }
      } else if let path = delete.referencedDataFile ?? Self.onlyPath(delete) {
        applies = paths.contains(PathMapper.normalised(path))
      } else {
        applies = files.contains { $0.specID == delete.specID && $0.partition == delete.partition }
      }
      guard !applies else {
        throw TableFormatError(
          .conflict, "another writer has deleted rows of the files concerned meanwhile",
          hint: "run the statement again", file: delete.path)
      }
    }
  }

  /// Throws when a data file that was added since may hold rows that the statement would have seen.
  func checkNoData(matching filter: (DataFile) -> Bool) throws(TableFormatError) {
    guard let entry = data.first(where: { filter($0.file) }) else { return }
    throw TableFormatError(
      .conflict, "another writer has added rows that the statement concerns meanwhile",
      hint: "run the statement again, or set the isolation level of the table to snapshot",
      file: entry.file.path)
  }

  /// The one data file that a position delete file's path bounds allow.
  private static func onlyPath(_ delete: DataFile) -> String? {
    guard let lower = delete.lowerBounds[.deleteFilePath], lower == delete.upperBounds[.deleteFilePath] else {
      return nil
    }
    return String(decoding: lower, as: UTF8.self)
  }
}
