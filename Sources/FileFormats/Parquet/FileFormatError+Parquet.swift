extension FileFormatError {
  /// Encoded bytes that break the rules of their encoding; the page reader adds file and offset.
  static func damagedEncoding(_ message: String) -> FileFormatError { FileFormatError(.damaged, message) }
}
