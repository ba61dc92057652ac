/// A column chunk that is in the file, and what is still to be written about it.
struct FinishedChunk {
  var metadata: ColumnChunkMetadata
  var columnIndex: ParquetColumnIndex?
  var offsetIndex: ParquetOffsetIndex
  var bloomFilter: BloomFilter?
}
