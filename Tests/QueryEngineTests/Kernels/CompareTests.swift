import Columnar
import Testing

@testable import QueryEngine

@Suite("Kernel: compare") struct CompareTests {
  /// Lengths around the words of 64 rows that the loops go by.
  @Test(arguments: [0, 1, 63, 64, 65, 128, 200, 2048])
  func masksAgreeWithScalarComparison(rows: Int) {
    func value(_ row: Int, _ factor: Int, _ hole: Int) -> Double {
      if row % hole == 0 { return Double.nan }
      return Double(row * factor % 11)
    }
    let left: [Double] = (0..<rows).map { value($0, 37, 5) }
    let right: [Double] = (0..<rows).map { value($0, 17, 7) }
    func order(_ a: Double, _ b: Double) -> Int {
      if a.isNaN || b.isNaN { return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0) }
      return a < b ? -1 : a > b ? 1 : 0
    }

    let equal = Kernels.compare(.equal, left.span, right.span, inverted: false)
    let less = Kernels.compare(.less, left.span, right.span, inverted: false)
    let greater = Kernels.compare(.lessOrEqual, left.span, right.span, inverted: true)
    let aboveThree = Kernels.compare(.lessOrEqual, left.span, constant: 3, inverted: true)

    for row in 0..<rows {
      #expect(equal[row] == (order(left[row], right[row]) == 0))
      #expect(less[row] == (order(left[row], right[row]) < 0))
      #expect(greater[row] == (order(left[row], right[row]) > 0))
      #expect(aboveThree[row] == (order(left[row], 3) > 0))
    }
    #expect(greater.setCount == (0..<rows).filter { order(left[$0], right[$0]) > 0 }.count)
  }

  @Test func substringsAreFoundWhereTheyAre() {
    let text = Array("https://www.example.com/shop/product/12?ref=winter%20sale".utf8)
    for start in 0..<text.count {
      for length in 1...min(12, text.count - start) {
        let needle = Array(text[start..<start + length])
        let expected = (0...(text.count - length)).first { Array(text[$0..<$0 + length]) == needle }
        #expect(SubstringSearch(needle).find(in: text.span) == expected)
      }
    }
    #expect(SubstringSearch(Array("wintry".utf8)).find(in: text.span) == nil)
    #expect(SubstringSearch([]).find(in: text.span) == 0)
  }
}
