internal import Columnar
internal import FileFormats

/// What makes two raw events the same event.
///
/// The content key is a 128-bit hash of session, time, type, name and canonical properties, so that an
/// event sent again is known by it even under a new stream sequence number.
package struct EventKey: Hashable, Comparable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package static func < (left: EventKey, right: EventKey) -> Bool {
    left.high == right.high ? left.low < right.low : left.high < right.high
  }

  /// The key as 32 hexadecimal digits.
  var text: String { hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16) }
}

/// Makes the keys of events, in memory that is used again.
struct EventKeyMaker {
  private var bytes: [UInt8] = []

  /// Begins another key.
  mutating func begin() { bytes.removeAll(keepingCapacity: true) }

  /// Adds a field: its length in front keeps ("ab", "c") and ("a", "bc") apart.
  mutating func add(_ field: Span<UInt8>) {
    appendLittleEndian(of: UInt32(truncatingIfNeeded: field.count &+ 1))
    bytes.append(bytes: field)
  }

  /// Adds a field that is not there, which differs from an empty one.
  mutating func addMissing() { appendLittleEndian(of: UInt32(0)) }

  /// Returns the key of the fields added since the beginning: session or else visitor, type, name, properties.
  mutating func finish(millis: Int64) -> EventKey {
    appendLittleEndian(of: UInt64(bitPattern: millis))
    let hash = Murmur3.hash128(bytes.span)
    return EventKey(high: hash.first, low: hash.second)
  }

  /// Returns the key of an event.
  mutating func key(of event: borrowing WebEvent) -> EventKey {
    begin()
    let texts = event.allBytes
    let unknown = Self.unknownType
    let fields: [Range<Int>?] = [
      event.range(of: .sessionID) ?? event.range(of: .anonymousID), event.range(of: .eventType),
      event.range(of: .eventName), event.range(of: .propertiesJSON),
    ]
    for (place, range) in fields.enumerated() {
      if let range {
        add(texts.span.extracting(range))
      } else if place == 1 {
        add(unknown.span)
      } else {
        addMissing()
      }
    }
    return finish(millis: event.millis)
  }

  /// The type of events that name none.
  static let unknownType = Array("unknown".utf8)

  private mutating func appendLittleEndian<Number: FixedWidthInteger>(of number: Number) {
    for index in 0..<(Number.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: number &>> Number(index * 8)))
    }
  }
}

extension WebEvent {
  /// Sets the event's id: by its stream position where it has one, else by its content.
  mutating func setID(_ key: EventKey) {
    guard let sequence = self[.kinesisSequenceNumber] else {
      set(.eventID) { bytes in
        appendHexadecimal(key.high, to: &bytes)
        appendHexadecimal(key.low, to: &bytes)
      }
      return
    }
    self[.eventID] = "\(self[.sessionID] ?? self[.anonymousID] ?? "unknown")_\(sequence)_\(millis)"
  }
}

/// Appends the sixteen hexadecimal digits of a number.
private func appendHexadecimal(_ value: UInt64, to text: inout [UInt8]) {
  for index in (0..<16).reversed() {
    let digit = UInt8(truncatingIfNeeded: value &>> UInt64(index &* 4) & 15)
    text.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
  }
}
