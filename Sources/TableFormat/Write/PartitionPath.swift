internal import Columnar

/// The folder names that partitions get, such as `event_date=2026-01-02/event_type=click`.
///
/// They are for people: nobody reads values back from them (rule 79).
enum PartitionPath {
  /// Returns the folder of a partition, empty for a spec without fields.
  static func folder(_ spec: PartitionSpec, _ partition: [ScalarValue], _ types: [LogicalType]) -> String {
    var parts: [String] = []
    for (index, field) in spec.fields.enumerated() where index < partition.count {
      let text = text(partition[index], field.transform, types[index])
      parts.append(encoded(field.name) + "=" + encoded(text))
    }
    return parts.joined(separator: "/")
  }

  /// Returns a partition value as people write it (the reference implementation's `toHumanString`).
  static func text(_ value: ScalarValue, _ transform: Transform, _ type: LogicalType) -> String {
    if value.isNull { return "null" }
    guard case .integer(let number) = value else { return ValueText.string(value, as: type) }
    switch transform {
    case .year: return padded(number + 1970, 4)
    case .month:
      let year = TimeUnits.floorDivide(number, 12)
      return padded(year + 1970, 4) + "-" + padded(number - year * 12 + 1, 2)
    case .day: return ValueText.string(value, as: .date)
    case .hour:
      let day = TimeUnits.floorDivide(number, 24)
      return ValueText.string(.integer(day), as: .date) + "-" + padded(number - day * 24, 2)
    case .bucket: return String(number)
    default: return ValueText.string(value, as: type)
    }
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return (number < 0 ? "-" : "") + zeros + digits
  }

  /// Returns text as forms encode it: other than letters, digits and `.-*_` in hexadecimal, spaces as `+`.
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "*"),
        UInt8(ascii: "_"):
        result.append(byte)
      case UInt8(ascii: " "): result.append(UInt8(ascii: "+"))
      default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension Table {
  /// The folder that a file's partition gets, such as `event_date=2026-01-02`; empty without partitions.
  package func partitionFolder(of file: DataFile) -> String {
    guard let spec = metadata.partitionSpec(id: file.specID),
      let fields = try? metadata.partitionType(of: spec)
    else { return "" }
    let types = fields.map { (try? $0.type.logicalType) ?? .null }
    return PartitionPath.folder(spec, file.partition, types)
  }
}
