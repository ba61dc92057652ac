import Columnar
import Testing

@Suite("Packed vectors") struct PackedVectorTests {
  private func check<Value: ColumnValue & FixedWidthInteger>(
    _ values: [Value], width: Int?, _ place: SourceLocation = #_sourceLocation
  ) throws {
    guard let width else {
      #expect(PackedVector(.flat(values)) == nil, sourceLocation: place)
      return
    }
    let isValid = values.indices.map { $0 % 7 != 3 }
    for validity in [nil, Bitmap(isValid)] {
      let vector = Vector.flat(values, validity: validity)
      let packed = try #require(PackedVector(vector), sourceLocation: place)
      #expect(packed.count == values.count, sourceLocation: place)
      let rest = validity == nil ? 0 : (values.count + 511) / 512 * 64
      #expect(
        packed.storageByteCount == max(64, (values.count * width + 63) & ~63) + rest, sourceLocation: place)
      var pool = BufferPool()
      for first in stride(from: 0, to: values.count, by: 192) {
        let count = min(300, values.count - first)
        let slice = packed.slice(from: first, count: count, &pool)
        #expect(slice.type == vector.type && slice.count == count, sourceLocation: place)
        let read = slice.values(as: Value.self)
        for row in 0..<count {
          #expect(read[row] == values[first + row], sourceLocation: place)
          #expect(slice.isNull(at: row) == (validity != nil && !isValid[first + row]), sourceLocation: place)
        }
      }
    }
  }

  private func spread<Value: FixedWidthInteger>(
    from low: Value, to high: Value, _ count: Int = 1000
  ) -> [Value] {
    var values = (0..<count).map { _ in Value.random(in: low...high) }
    (values[count / 3], values[count - 1]) = (low, high)
    return values
  }

  @Test func integersTakeTheBytesOfTheirRange() throws {
    try check(spread(from: Int32(0), to: 255), width: 1)
    try check(spread(from: Int32(-1000), to: -1000 + 256), width: 2)
    try check(spread(from: Int32(0), to: 65_536), width: nil)
    try check(spread(from: Int32.min, to: .max), width: nil)
    try check(spread(from: Int32.max - 255, to: .max), width: 1)
    try check(spread(from: Int64.min, to: .min + 255), width: 1)
    try check(spread(from: Int64(-40_000), to: 25_535), width: 2)
    try check(spread(from: Int64(1) << 60, to: 1 << 60 + 0xFFFF_FFFF), width: 4)
    try check(spread(from: Int64(0), to: 1 << 32), width: nil)
    try check(spread(from: Int64.min, to: .max), width: nil)
    try check(spread(from: -(Int128(1) << 100), to: -(Int128(1) << 100) + 9), width: 1)
    try check(spread(from: Int128.min, to: .max), width: nil)
    try check([Int64(7)], width: 1)
    try check([Int64](), width: nil)
  }

  @Test func codesKeepTheirDictionary() throws {
    for (entryCount, width) in [(2, 1), (256, 1), (257, 2), (65_537, nil)] as [(Int, Int?)] {
      let base = Vector.flat((0..<Int64(entryCount)).map { $0 * 3 })
      var buffer = WritableBuffer(byteCount: 1000 * 4)
      var room = buffer.elements(as: UInt32.self, count: 1000)
      for row in 0..<1000 { room[row] = UInt32(row * 7919 % entryCount) }
      room[500] = UInt32(entryCount - 1)
      let vector = Vector.dictionary(buffer.freeze(), count: 1000, of: base)
      let packed = PackedVector(vector)
      #expect((packed == nil) == (width == nil))
      guard let packed, let width else { continue }
      #expect(packed.storageByteCount == (1000 * width + 63) & ~63 + base.storageByteCount)
      var pool = BufferPool()
      let slice = packed.slice(from: 64, count: 900, &pool)
      #expect(slice.encoding == .dictionary && slice.base?.storageIdentity == base.storageIdentity)
      for row in 0..<900 { #expect(slice.codes[row] == vector.codes[row + 64]) }
    }
  }

  @Test func otherVectorsAreNotPacked() {
    #expect(PackedVector(.flat([1.5, 2.5])) == nil)
    #expect(PackedVector(.bits(Bitmap(repeating: true, count: 9))) == nil)
    #expect(PackedVector(.constant(.flat([Int64(1)]), count: 9)) == nil)
  }
}
