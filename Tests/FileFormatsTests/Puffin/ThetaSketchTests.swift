@testable import FileFormats
import Testing

@Suite("Puffin: theta sketches") struct ThetaSketchTests {
  private func read(_ bytes: [UInt8]) throws -> ThetaSketch { try ThetaSketch(serialized: bytes.span) }

  private func sketch(_ values: some Sequence<Int64>) -> ThetaSketch {
    var sketch = ThetaSketch()
    for value in values { sketch.update(value) }
    return sketch
  }

  @Test(arguments: [("empty", 0), ("one", 1), ("few", 100)] as [(String, Int)])
  func smallSketchesAreThoseOfDataSketches(name: String, count: Int) throws {
    let expected = try fixture("puffin/theta-\(name).bin")
    let values = name == "one" ? [7] : Array(0..<Int64(count))
    let ours = sketch(values)
    #expect(ours.serialized == expected)
    let theirs = try read(expected)
    #expect(theirs.estimate == Double(count) && theirs.isExact && theirs.isEmpty == (count == 0))
    #expect(theirs.hashes == ours.hashes)
  }

  @Test func textsHashAlike() throws {
    var ours = ThetaSketch()
    for number in 0..<1000 {
      let word = Array("word \(number)".utf8)
      ours.update(word.span)
    }
    #expect(try ours.serialized == fixture("puffin/theta-text.bin"))
  }

  @Test func largeSketchesEstimate() throws {
    let theirs = try read(fixture("puffin/theta-many.bin"))
    #expect(abs(theirs.estimate / 100_000 - 1) < 0.05)
    let ours = sketch(0..<100_000)
    #expect(abs(ours.estimate / 100_000 - 1) < 0.05)
    let again = try read(ours.serialized)
    #expect(abs(again.estimate / 100_000 - 1) < 0.05 && again.hashes.count == 4096)
    // Where both thresholds hold, both keep the same hashes.
    let limit = min(theirs.theta, again.theta)
    #expect(theirs.hashes.filter { $0 < limit } == again.hashes.filter { $0 < limit })
  }

  @Test func mergingIsLikeTakingAllValues() throws {
    var left = sketch(0..<60_000)
    try left.merge(sketch(30_000..<90_000))
    #expect(abs(left.estimate / 90_000 - 1) < 0.05)
    var small = sketch(0..<50)
    try small.merge(sketch(25..<75))
    #expect(small.estimate == 75)
    try small.merge(ThetaSketch())
    #expect(small.estimate == 75)
    var mixed = sketch(0..<10)
    try mixed.merge(read(fixture("puffin/theta-many.bin")))
    #expect(abs(mixed.estimate / 100_000 - 1) < 0.05)
    var other = ThetaSketch(seed: 5)
    other.update(1)
    #expect(throws: FileFormatError.self) { try left.merge(other) }
  }

  @Test func damageNeverTraps() throws {
    for name in ["empty", "one", "few", "text"] {
      let bytes = try fixture("puffin/theta-\(name).bin")
      for place in 0..<min(bytes.count, 200) {
        var damaged = bytes
        damaged[place] ^= 0xFF
        if let sketch = try? read(damaged) { _ = sketch.estimate }
        if let sketch = try? read(Array(bytes[..<place])) { _ = sketch.estimate }
      }
    }
  }
}
