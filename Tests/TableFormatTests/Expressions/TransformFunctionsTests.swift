import Columnar
import Testing

@testable import TableFormat

@Suite("Partition transforms") struct TransformFunctionsTests {
  /// Iceberg specification, appendix B, "32-bit Hash Requirements".
  @Test func hashesAreThoseOfTheSpecification() {
    let uuid: [UInt8] = [
      0xF7, 0x9C, 0x3E, 0x09, 0x67, 0x7C, 0x4B, 0xBD, 0xA4, 0x79, 0x3F, 0x34, 0x9C, 0xB7, 0x85, 0xE7,
    ]
    let cases: [(LogicalType, ScalarValue, Int32)] = [
      (.integer, .integer(34), 2_017_239_379),
      (.bigint, .integer(34), 2_017_239_379),
      (.decimal(precision: 9, scale: 2), .decimal(1420), -500_754_589),
      (.date, .integer(17_486), -653_330_422),
      (.time, .integer(81_068_000_000), -662_762_989),
      (.timestamp, .integer(1_510_871_468_000_000), -2_047_944_441),
      (.timestamp, .integer(1_510_871_468_000_001), -1_207_196_810),
      (.timestampTZ, .integer(1_510_871_468_000_000), -2_047_944_441),
      (.timestampNanos, .integer(1_510_871_468_000_000_000), -2_047_944_441),
      (.timestampTZNanos, .integer(1_510_871_468_000_001_001), -1_207_196_810),
      (.varchar, .text("iceberg"), 1_210_000_089),
      (.uuid, .bytes(uuid), 1_488_055_340),
      (.fixed(length: 4), .bytes([0, 1, 2, 3]), -188_683_207),
      (.binary, .bytes([0, 1, 2, 3]), -188_683_207),
    ]
    for (type, value, hash) in cases {
      #expect(Transform.bucketHash(value, type).map { Int32(bitPattern: $0) } == hash, "\(type)")
    }
  }

  @Test func truncationFloors() {
    #expect(Transform.truncate(10).apply(.integer(1), .integer) == .integer(0))
    #expect(Transform.truncate(10).apply(.integer(-1), .integer) == .integer(-10))
    #expect(Transform.truncate(50).apply(.decimal(1065), .decimal(precision: 9, scale: 2)) == .decimal(1050))
    #expect(Transform.truncate(3).apply(.text("iceberg"), .varchar) == .text("ice"))
    #expect(Transform.truncate(2).apply(.text("éèê"), .varchar) == .text("éè"))
    #expect(Transform.truncate(3).apply(.bytes([1, 2, 3, 4]), .binary) == .bytes([1, 2, 3]))
  }

  @Test(arguments: [
    (Transform.year, Int64(0), Int64(0)), (.year, -1, -1), (.month, -1, -1), (.day, -1, -1), (.hour, -1, -1),
    (.month, -2_678_400_000_001, -2), (.day, -86_400_000_000, -1), (.hour, 1_510_871_468_000_000, 419_686),
    (.day, 1_510_871_468_000_000, 17_486), (.month, 1_510_871_468_000_000, 574),
    (.year, 1_510_871_468_000_000, 47), (.year, -31_536_000_000_000, -1), (.year, -31_536_000_000_001, -2),
  ])
  func timesBefore1970Floor(transform: Transform, micros: Int64, expected: Int64) {
    #expect(transform.apply(.integer(micros), .timestamp) == .integer(expected))
  }

  @Test func monthsAndDaysAreInverse() {
    for month in stride(from: Int64(-40_000), through: 40_000, by: 7) {
      let day = TimeUnits.firstDay(ofMonth: month)
      #expect(TimeUnits.month(ofDay: day) == month)
      #expect(TimeUnits.month(ofDay: day - 1) == month - 1)
    }
    #expect(TimeUnits.firstDay(ofMonth: 0) == 0)
    #expect(TimeUnits.firstDay(ofMonth: 2) == 59)
    #expect(TimeUnits.firstDay(ofMonth: 26) == 59 + 731)
  }

  @Test func columnsGetTheValuesOfTheirRows() {
    let types: [LogicalType] = [
      .integer, .bigint, .date, .timestamp, .timestampNanos, .varchar, .binary, .uuid,
      .decimal(precision: 9, scale: 2), .decimal(precision: 30, scale: 2),
    ]
    let transforms: [Transform] = [
      .identity, .bucket(7), .truncate(3), .year, .month, .day, .hour, .void, .unknown("zorder"),
    ]
    var random = SplitMix(seed: 4711)
    for type in types {
      let values = (0..<130).map { row in row % 11 == 0 ? ScalarValue.null : random.value(of: type) }
      var builder = VectorBuilder(type)
      for value in values { builder.append(value) }
      let column = builder.finish()
      let codes = (0..<130).map { UInt32($0 * 7 % 130) }
      let dictionary = Vector.dictionary(Self.buffer(codes), count: 130, of: column)
      for transform in transforms {
        let flat = transform.apply(column, type)
        let coded = transform.apply(dictionary, type)
        let constant = transform.apply(Vector.constant(column, count: 3), type)
        let result = transform.resultType(of: type)
        #expect(flat.type == result.physicalType)
        for row in 0..<130 {
          let expected = transform.apply(values[row], type)
          #expect(flat.scalar(at: row, as: result) == expected, "\(transform) of \(values[row]) as \(type)")
          let other = transform.apply(values[Int(codes[row])], type)
          #expect(coded.scalar(at: row, as: result) == other, "\(transform), dictionary")
        }
        #expect(constant.scalar(at: 2, as: result) == transform.apply(values[0], type))
      }
    }
  }

  private static func buffer(_ codes: [UInt32]) -> Buffer {
    var buffer = WritableBuffer(byteCount: codes.count * 4)
    var room = buffer.elements(as: UInt32.self, count: codes.count)
    for row in codes.indices { room[row] = codes[row] }
    return buffer.freeze()
  }
}
