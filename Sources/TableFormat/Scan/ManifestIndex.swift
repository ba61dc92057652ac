internal import FileFormats

/// Where the live entries of a data manifest are, and which partitions they belong to.
///
/// With it a query reads the blocks of the entries that it wants, and nothing else of the manifest. It says what the
/// manifest said when it was read as a whole; manifests never change.
struct ManifestIndex: Hashable, Sendable {
  /// One live entry.
  struct Entry: BitwiseCopyable, Hashable, Sendable {
    /// Its partition, a place in ``PartitionTuples/all``.
    var tuple: UInt32
    /// Its block, a place in ``ManifestIndex/blocks``.
    var block: UInt32
    /// How many entries of the block come before it.
    var ordinal: UInt32
    /// The rows of the live files before it that have no row ids of their own (rule 81).
    var rowsBefore: Int64
  }

  /// The Avro schema of the manifest, as JSON.
  var schema: [UInt8]
  /// How its blocks are compressed.
  var codec: AvroCodec
  /// What stands behind each of its blocks.
  var marker: [UInt8]
  /// The bytes of all live files.
  var liveByteCount: Int64 = 0
  /// The partition tuples; manifests of one schema that were read from a file share them.
  var tuples = PartitionTuples([])
  /// Where the blocks with live entries begin and end in the manifest, in turn.
  var blocks: [UInt32] = []
  /// The live entries, in order.
  var entries: [Entry] = []

  /// Whether it fits what the manifest list says of the manifest.
  func agrees(with manifest: ManifestFile) -> Bool {
    guard let added = manifest.addedFilesCount, let existing = manifest.existingFilesCount else {
      return true
    }
    return entries.count == added + existing
  }

  /// The bytes of a block.
  func range(ofBlock block: UInt32) -> Range<Int>? {
    let place = Int(block) * 2
    guard place + 1 < blocks.count, blocks[place] <= blocks[place + 1] else { return nil }
    return Int(blocks[place])..<Int(blocks[place + 1])
  }
}

/// Partition tuples, each as a manifest encodes it.
///
/// Shared by reference, so that what is found out about one of them need not be found out for each manifest again.
final class PartitionTuples: Sendable {
  let all: [[UInt8]]

  init(_ all: [[UInt8]]) { self.all = all }
}

extension PartitionTuples: Hashable {
  static func == (left: PartitionTuples, right: PartitionTuples) -> Bool {
    left === right || left.all == right.all
  }

  func hash(into hasher: inout Hasher) { hasher.combine(all) }
}
