import Columnar
import Testing

@testable import FileFormats

@Suite("Thrift: skipping") struct ThriftSkippingTests {
  /// One value of every type, each within a struct; then one that the writer does not know.
  private static let values: [[UInt8]] = {
    var writer = ThriftWriter()
    writer.beginStructure()
    writer.bool(1, true)
    writer.bool(2, false)
    writer.int8(3, -7)
    writer.int16(400, 300)
    writer.int32(5, -70_000)
    writer.int64(6, .min)
    writer.binary(7, [UInt8](repeating: 9, count: 200))
    writer.beginStructure(8)
    writer.texts(1, ["a", "", "bcd"])
    writer.bools(2, [true, false])
    writer.int64s(3, (0..<20).map { Int64($0) << 40 })
    writer.endStructure()
    writer.list(9, of: .structure, count: 2)
    for _ in 0..<2 {
      writer.beginStructure()
      writer.int32(1, 1)
      writer.endStructure()
    }
    writer.endStructure()
    // A double, a UUID, a map of text to integers, an empty map.
    let rest: [UInt8] =
      [0x17] + [UInt8](repeating: 1, count: 8) + [0x1D] + [UInt8](repeating: 2, count: 16)
      + [0x1B, 2, 0x86, 1, 0x61, 2, 1, 0x62, 4, 0x1B, 0, 0]
    return [writer.bytes, rest]
  }()

  private func end(_ bytes: [UInt8], _ type: ThriftType = .structure, depth: Int = 0) -> Int? {
    ThriftSkipping(end: bytes.count).pass(bytes.span, type, at: 0, depth: depth)
  }

  @Test func everyTypeIsPassed() {
    for value in Self.values {
      #expect(end(value + [5, 5, 5]) == value.count)
      for cut in 0..<value.count { #expect(end(Array(value[..<cut])) == nil) }
    }
  }

  @Test func depthAndSizesAreBounded() {
    #expect(end([UInt8](repeating: 0x1C, count: 100_000)) == nil)
    let nested = [UInt8](repeating: 0x1C, count: 31) + [UInt8](repeating: 0, count: 32)
    #expect(end(nested) == nested.count)
    #expect(end(nested, depth: 1) == nil)
    #expect(end([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], .binary) == nil)
    #expect(end([UInt8](repeating: 0xFF, count: 20), .int64) == nil)
    #expect(end([0xF1, 0xFF, 0xFF, 0xFF, 0x7F], .list) == nil)
    #expect(end([0x1E, 1], .list) == nil)
  }
}
