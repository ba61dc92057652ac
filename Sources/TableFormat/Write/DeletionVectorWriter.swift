internal import Columnar
internal import FileFormats

/// Writes deletion vectors, those of one statement into one Puffin file (Iceberg specification, "Deletion
/// Vectors"); for tables of version 3.
///
/// A data file has one vector at most: the caller passes what older deletes removed besides (rules 38 and 39).
public final class DeletionVectorWriter {
  private let target: WriteTarget
  private var vectors: [(file: DataFile, positions: RoaringBitmap64)] = []
  private var indexOfPath: [String: Int] = [:]

  /// Makes a writer.
  ///
  /// - Parameter target: What it shares with the other writers of the statement.
  /// - Throws: ``TableFormatError`` of kind `unsupported` if the table is of a version before 3.
  public init(_ target: WriteTarget) throws(TableFormatError) {
    guard target.table.metadata.formatVersion >= 3 else {
      throw TableFormatError(
        .unsupported, "a table of version \(target.table.metadata.formatVersion) has no deletion vectors")
    }
    self.target = target
  }

  /// Notes rows of a data file as deleted.
  ///
  /// - Parameters:
  ///   - positions: Positions in the file, in any order.
  ///   - file: The data file.
  public func delete(_ positions: [Int64], in file: DataFile) {
    add(RoaringBitmap64(positions.lazy.filter { $0 >= 0 }.map { UInt64($0) }), file)
  }

  /// Notes the rows that older deletes removed from a data file, which the new vector must remove as well.
  ///
  /// - Parameters:
  ///   - task: The data file and the deletes that apply to it.
  ///   - deletes: Reads them.
  /// - Throws: ``TableFormatError`` if they cannot be read.
  public func keepDeletes(of task: FileScanTask, _ deletes: DeleteLoader) throws(TableFormatError) {
    guard let positions = try deletes.positions(for: task) else { return }
    add(positions.vector, task.file)
  }

  private func add(_ positions: RoaringBitmap64, _ file: DataFile) {
    if let index = indexOfPath[file.path] {
      vectors[index].positions.formUnion(positions)
    } else {
      indexOfPath[file.path] = vectors.count
      vectors.append((file, positions))
    }
  }

  /// Writes the file.
  ///
  /// - Returns: One description for each vector; none if nothing was deleted.
  /// - Throws: ``TableFormatError`` if the file cannot be written.
  public func finish() throws(TableFormatError) -> [DataFile] {
    let vectors = vectors.filter { !$0.positions.isEmpty }
    guard !vectors.isEmpty else { return [] }
    let location = target.newLocation(partition: [], specID: nil, suffix: "-deletes.puffin")
    var files: [DataFile] = []
    var puffin = PuffinWriter()
    var bytes: [UInt8] = []
    do throws(FileFormatError) {
      for (file, positions) in vectors {
        let contents = try DeletionVectorBlob.encode(positions)
        let blob = try puffin.add(
          contents,
          PuffinBlob(
            type: DeletionVectorBlob.type, fields: [Int(FieldID.position.rawValue)], snapshotID: -1,
            sequenceNumber: -1,
            properties: [
              "cardinality": String(positions.cardinality), "referenced-data-file": file.path,
            ]))
        var description = DataFile(
          content: .positionDeletes, path: location, format: .puffin, specID: file.specID,
          partition: file.partition, recordCount: Int64(positions.cardinality), fileSizeInBytes: 0)
        description.referencedDataFile = file.path
        description.contentOffset = Int64(blob.offset)
        description.contentSizeInBytes = Int64(blob.byteCount)
        files.append(description)
      }
      bytes = try puffin.finish().bytes
    } catch {
      throw TableFormatError(error, file: location)
    }
    for index in files.indices { files[index].fileSizeInBytes = Int64(bytes.count) }
    let output = try target.create(location)
    do {
      let contents = bytes
      try TableFormatError.wrapping(location) { () throws(FileFormatError) in try output.write(contents) }
      try target.finish(output, location)
    } catch {
      target.discard(output, location)
      throw error
    }
    return files
  }
}
