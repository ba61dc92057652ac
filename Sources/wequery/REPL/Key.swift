/// A key press, as the line editor knows it.
enum Key: Equatable {
  case character(Character)
  case enter, tab, backspace, delete, escape
  case up, down, left, right, home, end, wordLeft, wordRight
  case control(Character)
  /// Text put in at once, which is never taken for commands.
  case paste(String)
  case endOfInput

  /// Reads the next key: plain characters as UTF-8, the rest as xterm sends it (ECMA-48 control sequences).
  static func read(from terminal: Terminal) -> Key {
    guard let byte = terminal.readByte() else { return .endOfInput }
    switch byte {
    case 0x0D, 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F, 0x08: return .backspace
    case 0x1B: return escapeSequence(from: terminal)
    case 0x01...0x1A: return .control(Character(Unicode.Scalar(byte + 0x60)))
    case 0x00, 0x1C...0x1F: return .control("@")
    default: return .character(character(startingWith: byte, from: terminal))
    }
  }

  private static func character(startingWith first: UInt8, from terminal: Terminal) -> Character {
    var bytes = [first]
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
    while bytes.count < length, let next = terminal.readByte(timeoutMillis: 50) { bytes.append(next) }
    return String(decoding: bytes, as: UTF8.self).first ?? "?"
  }

  private static func escapeSequence(from terminal: Terminal) -> Key {
    guard let next = terminal.readByte(timeoutMillis: 30) else { return .escape }
    switch next {
    case UInt8(ascii: "b"): return .wordLeft
    case UInt8(ascii: "f"): return .wordRight
    case UInt8(ascii: "O"), UInt8(ascii: "["): break
    default: return .escape
    }
    var parameters = ""
    while let byte = terminal.readByte(timeoutMillis: 50) {
      if byte >= 0x40 && byte <= 0x7E { return key(final: byte, parameters: parameters, terminal) }
      parameters.unicodeScalars.append(Unicode.Scalar(byte))
      if parameters.utf8.count > 16 { break }
    }
    return .escape
  }

  private static func key(final: UInt8, parameters: String, _ terminal: Terminal) -> Key {
    let isByWord = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
    switch final {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return isByWord ? .wordRight : .right
    case UInt8(ascii: "D"): return isByWord ? .wordLeft : .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "~"):
      switch parameters {
      case "1", "7": return .home
      case "4", "8": return .end
      case "3": return .delete
      case "200": return .paste(pastedText(terminal))
      default: return .escape
      }
    default: return .escape
    }
  }

  /// Reads what is pasted up to the closing bracket, `ESC [ 201 ~`.
  private static func pastedText(_ terminal: Terminal) -> String {
    let closing: [UInt8] = [0x1B, 0x5B, 0x32, 0x30, 0x31, 0x7E]
    var bytes: [UInt8] = []
    while let byte = terminal.readByte(timeoutMillis: 2000) {
      bytes.append(byte == 0x0D ? 0x0A : byte)
      if bytes.count >= closing.count && bytes[(bytes.count - closing.count)...].elementsEqual(closing) {
        bytes.removeLast(closing.count)
        break
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
