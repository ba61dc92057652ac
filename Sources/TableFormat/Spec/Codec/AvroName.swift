/// Names that Avro allows (Iceberg spec, "Avro": names are sanitised as the reference implementation does).
enum AvroName {
  /// Returns a name of letters, digits and underscores that does not begin with a digit.
  static func sanitized(_ name: String) -> String {
    var result = ""
    for (place, scalar) in name.unicodeScalars.enumerated() {
      let isDigit = ("0"..."9").contains(scalar)
      let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
      if isLetter || (isDigit && place > 0) {
        result.unicodeScalars.append(scalar)
      } else if isDigit {
        result += "_"
        result.unicodeScalars.append(scalar)
      } else {
        result += "_x" + String(scalar.value, radix: 16, uppercase: true)
      }
    }
    return result.isEmpty ? "_" : result
  }
}
