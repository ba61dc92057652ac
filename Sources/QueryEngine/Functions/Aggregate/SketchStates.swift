internal import Columnar
internal import FileFormats
internal import Glibc

/// A theta sketch; integers and times are hashed as 64-bit numbers, doubles by their bits, the rest as bytes.
final class ThetaSketchState: SketchState {
  private var sketch = ThetaSketch()

  func add(_ value: ScalarValue, as type: LogicalType) {
    switch value {
    case .integer(let number): sketch.update(number)
    case .real(let number): sketch.update(Self.bits(Double(number)))
    case .double(let number): sketch.update(Self.bits(number))
    case .bytes(let bytes): sketch.update(bytes.span)
    default:
      var text: [UInt8] = []
      ValueText.append(value, as: type, to: &text)
      sketch.update(text.span)
    }
  }

  /// The bits that stand for a number: one zero, one NaN.
  private static func bits(_ number: Double) -> Int64 {
    Int64(bitPattern: number == 0 ? 0 : number.isNaN ? 0x7FF8_0000_0000_0000 : number.bitPattern)
  }

  func add(serialized bytes: [UInt8]) throws(QueryError) {
    do throws(FileFormatError) {
      try sketch.merge(try ThetaSketch(serialized: bytes.span))
    } catch {
      throw Self.damaged("theta sketch: \(error.message)")
    }
  }

  func merge(_ other: any SketchState) throws(QueryError) {
    guard let other = other as? ThetaSketchState else { return }
    do throws(FileFormatError) {
      try sketch.merge(other.sketch)
    } catch {
      throw Self.damaged("theta sketch: \(error.message)")
    }
  }

  var serialized: [UInt8] { sketch.serialized }
  var estimate: Int64 { Int64(sketch.estimate.rounded()) }
}

/// A HyperLogLog sketch of 4,096 registers (Flajolet, Fusy, Gandouet and Meunier, 2007), hashed by the first half of
/// MurmurHash3 x64-128 of a value's text, and serialised as the bytes `WQH1` and the registers.
final class HyperLogLogState: SketchState {
  private static let magic: [UInt8] = Array("WQH1".utf8)
  private var registers = HyperLogLog()

  /// Whether bytes claim to be such a sketch.
  static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  func add(_ value: ScalarValue, as type: LogicalType) {
    var text: [UInt8] = []
    ValueText.append(value, as: type, to: &text)
    registers.insert(Murmur3.hash128(text.span, seed: ThetaSketch.defaultSeed).first)
  }

  func add(serialized bytes: [UInt8]) throws(QueryError) {
    guard Self.isOne(bytes), let other = HyperLogLog(Array(bytes.dropFirst(4))) else {
      throw Self.damaged("HyperLogLog sketch of ours: \(bytes.count) bytes")
    }
    registers.formUnion(other)
  }

  func merge(_ other: any SketchState) {
    if let other = other as? HyperLogLogState { registers.formUnion(other.registers) }
  }

  var serialized: [UInt8] { Self.magic + registers.bytes }
  var estimate: Int64 { registers.estimate }
}

/// A set of numbers, exact.
final class RoaringState: SketchState {
  private var bitmap = RoaringBitmap64()

  func add(_ value: ScalarValue, as type: LogicalType) throws(QueryError) {
    guard case .integer(let number) = value, let position = UInt64(exactly: number) else {
      throw QueryError(.numericOutOfRange, "a bitmap holds numbers from 0", hint: "add WHERE x >= 0")
    }
    bitmap.insert(position)
  }

  func add(serialized bytes: [UInt8]) throws(QueryError) {
    do throws(FileFormatError) {
      bitmap.formUnion(try RoaringBitmap64(portable: bytes.span))
    } catch {
      throw Self.damaged("Roaring bitmap: \(error.message)")
    }
  }

  func merge(_ other: any SketchState) {
    if let other = other as? RoaringState { bitmap.formUnion(other.bitmap) }
  }

  var serialized: [UInt8] { bitmap.portable }
  var estimate: Int64 { Int64(bitmap.cardinality) }
}
