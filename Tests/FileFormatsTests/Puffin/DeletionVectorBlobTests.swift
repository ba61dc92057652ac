import Columnar
import FileFormats
import Testing

/// The bytes of a file under `Tests/Fixtures`.
func fixture(_ name: String) throws -> [UInt8] {
  let tests = FilePath.parent(of: FilePath.parent(of: FilePath.parent(of: #filePath)))
  return try LocalFileSystem().readAll("\(tests)/Fixtures/\(name)")
}

@Suite("Puffin: deletion vectors") struct DeletionVectorBlobTests {
  // With a name of its own: `.span` of an array that is computed in place crashes the compiler.
  private func decode(_ blob: [UInt8]) throws -> RoaringBitmap64 { try DeletionVectorBlob.decode(blob.span) }

  private func portable(_ bytes: [UInt8]) throws -> RoaringBitmap64 {
    try RoaringBitmap64(portable: bytes.span)
  }

  private func positions(_ name: String) throws -> [UInt64] {
    try String(decoding: fixture("puffin/dv-\(name).txt"), as: UTF8.self).split(separator: "\n").compactMap {
      UInt64($0)
    }
  }

  @Test(arguments: ["arrays", "runs", "bits", "mixed"])
  func readsWhatPyroaringWrote(name: String) throws {
    let expected = try positions(name)
    let blob = try fixture("puffin/dv-\(name).bin")
    let set = try decode(blob)
    #expect(set.positions == expected && set.cardinality == expected.count)
    #expect(set == RoaringBitmap64(expected.shuffled()))
    let again = try DeletionVectorBlob.encode(RoaringBitmap64(expected))
    #expect(try decode(again) == set)
    if name == "runs" || name == "arrays" { #expect(again == blob) }
    for position in [0, 1, 5, 999, 1000, 59999, 60000, 70001, 131072, 1 << 40] as [UInt64] {
      #expect(set.contains(position) == expected.contains(position))
    }
    let rows = 64..<140_000
    let bitmap = set.bitmap(of: rows)
    let inRange = expected.filter { rows.contains(Int($0)) }
    #expect(bitmap?.setCount ?? 0 == inRange.count)
    for position in inRange.prefix(100) { #expect(bitmap?[Int(position) - 64] == true) }
    #expect(set.bitmap(of: 1 << 50..<1 << 50 + 100) == nil)
  }

  /// Row groups begin and end anywhere among the words of a container.
  @Test func bitmapsOfAnyRangeHoldItsRows() {
    let positions = (0..<200_000).filter { $0 % 10 == 3 || $0 / 1000 == 66 }
    let set = RoaringBitmap64(positions.map { UInt64($0) })
    let starts = [0, 1, 63, 64, 65, 1000, 65535, 65536, 65537, 131_072, 140_001]
    for (start, length) in starts.flatMap({ start in [1, 5, 64, 100, 65536, 70_001].map { (start, $0) } }) {
      let rows = start..<start + length
      let bitmap = set.bitmap(of: rows)
      let expected = positions.filter { rows.contains($0) }
      #expect(bitmap?.setCount ?? 0 == expected.count)
      #expect(expected.allSatisfy { bitmap?[$0 - start] == true })
      #expect((bitmap == nil) == expected.isEmpty)
      // Nothing past the end, where other bitmaps are joined to this one.
      if let bitmap, length & 63 != 0 { #expect(bitmap.words[length / 64] &>> UInt64(length & 63) == 0) }
    }
  }

  @Test func unionsHoldBoth() throws {
    let (left, right) = (try positions("mixed"), try positions("bits"))
    var set = RoaringBitmap64(left)
    set.formUnion(RoaringBitmap64(right))
    set.formUnion(RoaringBitmap64([3, 1 << 62]))
    set.insert(1 << 35)
    #expect(set.positions == Set(left + right + [3, 1 << 62, 1 << 35]).sorted())
    let runs = try decode(fixture("puffin/dv-runs.bin"))
    var union = runs
    union.formUnion(RoaringBitmap64([5]))
    #expect(union.cardinality == runs.cardinality + 1 && union.contains(5) && union.contains(59999))
    #expect(try portable(RoaringBitmap64().portable).isEmpty)
  }

  @Test func readsFromAFileAndNamesIt() throws {
    let blob = try fixture("puffin/dv-arrays.bin")
    var writer = PuffinWriter()
    let place = try writer.add(
      blob, PuffinBlob(type: DeletionVectorBlob.type, fields: [], snapshotID: -1, sequenceNumber: -1))
    let file = InMemoryFile(path: "d.puffin", bytes: try writer.finish().bytes)
    #expect(try DeletionVectorBlob.read(file, at: place.offset, byteCount: place.byteCount).cardinality == 5)
    let error = #expect(throws: FileFormatError.self) {
      try DeletionVectorBlob.read(file, at: place.offset + 1, byteCount: place.byteCount)
    }
    #expect(error?.file == "d.puffin" && error?.offset != nil)
  }

  @Test(arguments: ["arrays", "runs", "bits", "mixed"])
  func damageNeverTraps(name: String) throws {
    let blob = try fixture("puffin/dv-\(name).bin")
    for place in 0..<min(blob.count, 400) {
      var damaged = blob
      damaged[place] ^= 1 << UInt8(place % 8)
      #expect(throws: FileFormatError.self) { try decode(damaged) }
      // Behind the checksum's back.
      damaged = Array(damaged[8..<damaged.count - 4])
      if let set = try? portable(damaged) { _ = set.cardinality }
      let cut = Array(blob[8..<max(8, min(blob.count - 4, place))])
      if let set = try? portable(cut) { _ = set.cardinality }
    }
  }
}
