import Columnar
import Testing

@testable import QueryEngine

@Suite("Kernel: sums under a mask") struct SumsTests {
  static let lengths = [0, 1, 3, 63, 64, 65, 127, 128, 200, 2048]

  /// From a few rows to nearly all: each share goes another way through the loops.
  static let masks: [@Sendable (Int) -> Bool] = [
    { _ in true }, { _ in false }, { $0 % 10 != 3 }, { $0 % 10 == 3 }, { $0 % 2 == 0 }, { $0 / 64 % 2 == 0 },
    { $0 != 70 }, { $0 / 7 % 5 != 0 },
  ]

  /// A bitmap whose last word holds bits past its end, as slices do.
  private func bitmap(_ rows: Int, _ isSet: (Int) -> Bool) -> Bitmap {
    let padded = Bitmap((0..<rows + 64).map { $0 >= rows || isSet($0) })
    return padded.slice(from: 0, count: rows)
  }

  @Test(arguments: lengths) func sumsAgreeWithScalarAddition(rows: Int) {
    let integers = (0..<rows).map { Int32(truncatingIfNeeded: $0 &* 1_234_567_891) }
    let longs = (0..<rows).map { $0 % 3 == 0 ? Int64.max - Int64($0) : Int64.min + Int64($0) }
    // What does not count may be anything.
    let doubles = (0..<rows).map { $0 % 10 == 3 ? Double.nan : Double($0) / 4 }
    for isSet in Self.masks {
      let mask = bitmap(rows, isSet)
      var (ofIntegers, ofLongs, ofDoubles) = (Int64(0), Int128(0), 0.0)
      for row in 0..<rows where isSet(row) {
        ofIntegers += Int64(integers[row])
        ofLongs += Int128(longs[row])
        ofDoubles += doubles[row]
      }
      let integerSum = Kernels.sum(integers.span, mask, as: Int64.self)
      let longSum = Kernels.sum(longs.span, mask, as: Int128.self)
      let doubleSum = Kernels.sum(doubles.span, mask)
      #expect(integerSum == ofIntegers)
      #expect(longSum == ofLongs)
      #expect(doubleSum == ofDoubles || (doubleSum.isNaN && ofDoubles.isNaN))
    }
    let all = Kernels.sum(longs.span, nil, as: Int128.self)
    let expected = longs.reduce(Int128(0)) { $0 + Int128($1) }
    #expect(all == expected)
  }

  @Test(arguments: lengths) func extremesAgreeWithScalarComparison(rows: Int) throws {
    // Ascending, descending, and with the extremes among rows that do not count.
    func mixed(_ row: Int) -> Int32 {
      if row % 10 == 3 { return row % 20 == 3 ? Int32.max : Int32.min }
      return Int32(row * 7919 % 101)
    }
    let ascending: [Int32] = (0..<rows).map { Int32($0) }
    let shapes: [[Int32]] = [ascending, ascending.reversed(), (0..<rows).map { mixed($0) }]
    for values in shapes {
      for isSet in Self.masks {
        let counted: [Int32] = (0..<rows).filter(isSet).map { values[$0] }
        check(values, bitmap(rows, isSet), isMax: true, counted.max())
        check(values, bitmap(rows, isSet), isMax: false, counted.min())
      }
    }
  }

  private func check(_ values: [Int32], _ mask: Bitmap, isMax: Bool, _ expected: Int32?) {
    let accumulator = MinMaxAccumulator<Int32>(isMax: isMax)
    accumulator.grow(to: 2)
    // Twice: the second time there is something to be better than.
    for _ in 0..<2 {
      accumulator.update([.flat(values)], rowCount: values.count, mask: mask, group: 1)
      let result = accumulator.results(1..<2)
      let found: Int32? = result.isNull(at: 0) ? nil : result.int32s[0]
      #expect(found == expected)
    }
  }
}
