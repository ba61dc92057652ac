internal import FileFormats

/// What makes two raw events the same event.
///
/// The content key is a 128-bit hash of session, time, type, name and canonical properties, so that an
/// event sent again is known by it even under a new stream sequence number.
package struct EventKey: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  /// Makes the key of an event.
  package init(of event: borrowing WebEvent) {
    self.init(
      session: event.sessionID ?? event.anonymousID, millis: event.millis, type: event.eventType,
      name: event.eventName, properties: event.propertiesJSON)
  }

  /// Makes the key of the fields that it depends on.
  package init(session: String?, millis: Int64, type: String, name: String?, properties: String?) {
    var bytes: [UInt8] = []
    for field in [session, type, name, properties] {
      // Lengths in front keep ("ab", "c") and ("a", "bc") apart; a missing field differs from an empty one.
      let count = field.map { $0.utf8.count + 1 } ?? 0
      appendLittleEndian(of: UInt32(truncatingIfNeeded: count), to: &bytes)
      if let field { bytes.append(contentsOf: field.utf8) }
    }
    appendLittleEndian(of: UInt64(bitPattern: millis), to: &bytes)
    (high, low) = Murmur3.hash128(bytes.span)
  }

  /// The key as 32 hexadecimal digits.
  package var text: String { hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16) }

  /// Returns the event's id: by its stream position where it has one, else by its content.
  static func eventID(of event: borrowing WebEvent) -> String {
    guard let sequence = event.kinesisSequenceNumber else { return EventKey(of: event).text }
    return "\(event.sessionID ?? event.anonymousID ?? "unknown")_\(sequence)_\(event.millis)"
  }
}

extension WebEvent {
  /// The event's time in milliseconds, as it was sent or else as it was found.
  fileprivate var millis: Int64 { secondsUTCTS ?? floorDivide(eventTimestamp, 1000) }
}

/// Appends the bytes of an integer, lowest first.
private func appendLittleEndian<Number: FixedWidthInteger>(of number: Number, to bytes: inout [UInt8]) {
  for index in 0..<(Number.bitWidth / 8) {
    bytes.append(UInt8(truncatingIfNeeded: number &>> Number(index * 8)))
  }
}
