internal import FileFormats

extension FuzzTarget {
  static let puffin = [
    FuzzTarget("puffin") { bytes in
      complaint { () throws(FileFormatError) in
        let reader = try PuffinReader(InMemoryFile(path: "fuzz.puffin", bytes: bytes))
        for blob in reader.blobs.prefix(16) {
          let contents = try reader.read(blob)
          if blob.type == DeletionVectorBlob.type {
            use(try DeletionVectorBlob.decode(contents.span))
          } else {
            _ = try ThetaSketch(serialized: contents.span).estimate
          }
        }
      }
    },
    FuzzTarget("deletion-vector") { bytes in
      complaint { () throws(FileFormatError) in use(try DeletionVectorBlob.decode(bytes.span)) }
    },
    FuzzTarget("roaring") { bytes in
      complaint { () throws(FileFormatError) in use(try RoaringBitmap64(portable: bytes.span)) }
    },
    FuzzTarget("theta") { bytes in
      complaint { () throws(FileFormatError) in
        var sketch = try ThetaSketch(serialized: bytes.span)
        try sketch.merge(ThetaSketch(serialized: bytes.span))
        _ = sketch.estimate
        _ = try ThetaSketch(serialized: sketch.serialized.span)
      }
    },
  ]

  /// Asks what a scan asks.
  private static func use(_ positions: RoaringBitmap64) {
    _ = positions.contains(3)
    _ = positions.bitmap(of: 0..<4096)
    _ = positions.bitmap(of: 1 << 33..<1 << 33 + 4096)
  }
}
