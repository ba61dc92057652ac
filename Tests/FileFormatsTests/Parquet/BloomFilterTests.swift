import Columnar
import Testing

@testable import FileFormats

@Suite("Parquet: bloom filter") struct BloomFilterTests {
  @Test(
    arguments: [
      ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64)]) func hashesAsTheSpecificationSays(text: String, expected: UInt64)
  {
    let bytes = Array(text.utf8)
    #expect(XxHash64.hash(bytes.span) == expected)
  }

  @Test func hashesNumbersAsTheirBytes() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    #expect(XxHash64.hash(bytes.span) == XxHash64.hash(0x0807_0605_0403_0201 as UInt64))
    let half = Array(bytes[..<4])
    #expect(XxHash64.hash(half.span) == XxHash64.hash(0x0403_0201 as UInt32))
  }

  @Test func findsWhatWasAddedAndLittleElse() {
    let size = BloomFilter.byteCount(distinctCount: 10_000, falsePositiveProbability: 0.01)
    var filter = BloomFilter(byteCount: size)
    for value in 0..<10_000 as Range<UInt64> { filter.insert(hash: XxHash64.hash(value)) }

    let found = (0..<10_000 as Range<UInt64>).filter { filter.mightContain(hash: XxHash64.hash($0)) }
    let wrong = (10_000..<110_000 as Range<UInt64>).filter { filter.mightContain(hash: XxHash64.hash($0)) }

    #expect(found.count == 10_000)
    #expect(wrong.count < 2_000)
    #expect(size == 16_384)
  }
}
