/// Fields of comma- or tab-separated values (RFC 4180), written.
package enum CSVText {
  /// Appends a field, quoted where it must be; an empty one too, so that it is told from null.
  ///
  /// - Parameters:
  ///   - field: The field's text, in UTF-8.
  ///   - delimiter: What stands between fields.
  ///   - text: The line so far.
  package static func append(_ field: [UInt8], delimiter: UInt8, to text: inout [UInt8]) {
    let mustQuote =
      field.isEmpty || field.contains { $0 == delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard mustQuote else {
      text.append(contentsOf: field)
      return
    }
    text.append(0x22)
    for byte in field {
      if byte == 0x22 { text.append(0x22) }
      text.append(byte)
    }
    text.append(0x22)
  }
}
