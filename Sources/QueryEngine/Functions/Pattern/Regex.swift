internal import CPCRE2
internal import Columnar

/// A compiled regular expression of PCRE2, with what one thread needs to match by it.
///
/// Work is bounded: a pattern that tries too many ways raises an error instead of running for ever.
@safe final class Regex {
  /// How the case of letters counts, and what a line is.
  struct Options: Hashable {
    var ignoresCase = false
    /// `^` and `$` match at line breaks too.
    var isMultiline = false
    /// `.` matches a line break too.
    var dotMatchesLineBreak = false
    /// Spaces and comments in the pattern mean nothing.
    var isExtended = false
    /// For `regexp_replace`: all matches.
    var isGlobal = false

    init() {}

    /// Reads flags as PostgreSQL writes them.
    init(flags: String) throws(QueryError) {
      for flag in flags {
        switch flag {
        case "i": ignoresCase = true
        case "c": ignoresCase = false
        case "g": isGlobal = true
        case "s": dotMatchesLineBreak = true
        case "m", "n": isMultiline = true
        case "x": isExtended = true
        case " ": break
        default:
          throw QueryError(
            .invalidParameter, "there is no flag \"\(flag)\" of a regular expression",
            hint: "the flags are i, c, g, s, m and x", value: flags)
        }
      }
    }
  }

  /// How many steps a match may take.
  private static let matchLimit: UInt32 = 10_000_000

  private let pattern: [UInt8]
  private let options: Options
  private let bytesCode: Code?
  /// For texts that are not ASCII; compiled when the first one comes.
  private var textCode: Code?
  /// How many groups the pattern has.
  let groupCount: Int

  /// Owns one compiled form.
  @safe private final class Code {
    let code: OpaquePointer
    let match: OpaquePointer
    let context: OpaquePointer
    let stack: OpaquePointer?
    /// Whether machine code may be called without the checks of its options.
    let isCalledDirectly: Bool

    init(_ pattern: [UInt8], _ flags: UInt32) throws(QueryError) {
      var status: Int32 = 0
      var place = 0
      // SAFETY: the pattern is live for the call, which copies what it needs.
      let compiled = unsafe pattern.withUnsafeBufferPointer { bytes in
        unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, flags, &status, &place, nil)
      }
      guard let compiled = unsafe compiled else { throw Regex.error(status, pattern, at: place) }
      // SAFETY: the three are owned by this object alone, which frees them.
      guard let data = unsafe pcre2_match_data_create_from_pattern_8(compiled, nil),
        let matchContext = unsafe pcre2_match_context_create_8(nil)
      else {
        unsafe pcre2_code_free_8(compiled)
        throw QueryError(.outOfMemory, "there is no memory for a regular expression")
      }
      unsafe (code, match, context) = (compiled, data, matchContext)
      unsafe pcre2_set_match_limit_8(matchContext, Regex.matchLimit)
      unsafe pcre2_set_depth_limit_8(matchContext, 100_000)
      // Without machine code, on systems that forbid making it, matching is only slower.
      if unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE)) == 0 {
        unsafe stack = pcre2_jit_stack_create_8(32 * 1024, 1024 * 1024, nil)
        if let stack = unsafe stack {
          unsafe pcre2_jit_stack_assign_8(matchContext, nil, UnsafeMutableRawPointer(stack))
        }
      } else {
        unsafe stack = nil
      }
      // The direct call does not look at whether a text is valid.
      isCalledDirectly = unsafe stack != nil && flags & Regex.textFlags == 0
    }

    deinit {
      // SAFETY: nobody else holds them.
      unsafe pcre2_match_data_free_8(match)
      unsafe pcre2_match_context_free_8(context)
      if let stack = unsafe stack { unsafe pcre2_jit_stack_free_8(stack) }
      unsafe pcre2_code_free_8(code)
    }

    var groupCount: Int {
      var count: UInt32 = 0
      // SAFETY: the pattern's number of groups is a 32-bit number (pcre2_pattern_info).
      _ = unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
      return Int(count)
    }
  }

  /// Compiles a pattern.
  ///
  /// - Parameters:
  ///   - pattern: The pattern as UTF-8.
  ///   - options: Case and lines.
  /// - Throws: An error of code 22023 that says where the pattern is wrong.
  init(_ pattern: [UInt8], _ options: Options = Options()) throws(QueryError) {
    (self.pattern, self.options) = (pattern, options)
    // A pattern of ASCII means the same for the bytes as for the code points of an ASCII text, and bytes
    // are matched faster. What does not compile for bytes, such as \x{100}, goes by code points always.
    bytesCode = pattern.span.isASCII ? try? Code(pattern, Regex.flags(options)) : nil
    if let bytesCode {
      groupCount = bytesCode.groupCount
    } else {
      let code = try Code(pattern, Regex.flags(options) | Regex.textFlags)
      textCode = code
      groupCount = code.groupCount
    }
    groups = [Int](repeating: -1, count: (groupCount + 1) * 2)
  }

  private static let textFlags = UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF)

  private static func flags(_ options: Options) -> UInt32 {
    var flags = UInt32(PCRE2_DOLLAR_ENDONLY) | UInt32(PCRE2_NEVER_BACKSLASH_C)
    if options.ignoresCase { flags |= UInt32(PCRE2_CASELESS) }
    if options.isMultiline { flags |= UInt32(PCRE2_MULTILINE) }
    if options.dotMatchesLineBreak { flags |= UInt32(PCRE2_DOTALL) }
    if options.isExtended { flags |= UInt32(PCRE2_EXTENDED) }
    return flags
  }

  private static func error(_ status: Int32, _ pattern: [UInt8], at place: Int) -> QueryError {
    let text = String(decoding: pattern, as: UTF8.self)
    return QueryError(
      .invalidParameter,
      "the regular expression \"\(text)\" is wrong at character \(place + 1): \(message(status))", value: text
    )
  }

  private static func message(_ status: Int32) -> String {
    var room = [UInt8](repeating: 0, count: 256)
    // SAFETY: at most 256 bytes are written.
    let count = unsafe room.withUnsafeMutableBufferPointer { buffer in
      unsafe pcre2_get_error_message_8(status, buffer.baseAddress, buffer.count)
    }
    return String(decoding: room.prefix(max(0, Int(count))), as: UTF8.self)
  }

  /// The places of the groups of the last match: a start and an end each, -1 where a group took no part.
  private(set) var groups: [Int]

  /// Looks for the pattern, and fills `groups` if it is there.
  ///
  /// - Parameters:
  ///   - text: Where to look.
  ///   - start: The first place to try.
  ///   - isASCII: Whether all of the text is ASCII.
  /// - Returns: Whether it is there.
  /// - Throws: An error of code 54001 if the search takes too many steps.
  func find(in text: Span<UInt8>, from start: Int, isASCII: Bool) throws(QueryError) -> Bool {
    guard let code = try search(text, from: start, isASCII: isASCII) else { return false }
    let places = unsafe pcre2_get_ovector_pointer_8(code.match)
    guard let places = unsafe places else { return false }
    var found = take(&groups)
    for index in found.indices {
      // SAFETY: the match data were made for all groups of the pattern.
      let place = unsafe places[index]
      found[index] = place == Int.max || place > text.count ? -1 : Int(place)
    }
    swap(&found, &groups)
    return true
  }

  /// Whether the pattern is somewhere in the text.
  func matches(_ text: Span<UInt8>) throws(QueryError) -> Bool {
    try search(text, from: 0, isASCII: text.isASCII) != nil
  }

  private func search(_ text: Span<UInt8>, from start: Int, isASCII: Bool) throws(QueryError) -> Code? {
    let code: Code
    if isASCII, let bytesCode {
      code = bytesCode
    } else if let textCode {
      code = textCode
    } else {
      code = try Code(pattern, Regex.flags(options) | Regex.textFlags)
      textCode = code
    }
    // SAFETY: the text is live for the call; an empty one may have no address, which PCRE2 allows.
    let status = unsafe text.withUnsafeBufferPointer { bytes in
      if unsafe code.isCalledDirectly && bytes.baseAddress != nil {
        return unsafe pcre2_jit_match_8(
          code.code, bytes.baseAddress, bytes.count, start, 0, code.match, code.context)
      }
      return unsafe pcre2_match_8(
        code.code, bytes.baseAddress, bytes.count, start, 0, code.match, code.context)
    }
    if status >= 0 { return code }
    if status == PCRE2_ERROR_NOMATCH { return nil }
    if status == PCRE2_ERROR_MATCHLIMIT || status == PCRE2_ERROR_DEPTHLIMIT
      || status == PCRE2_ERROR_JIT_STACKLIMIT || status == PCRE2_ERROR_HEAPLIMIT
    {
      throw QueryError(
        .tooComplex,
        "the regular expression \"\(String(decoding: pattern, as: UTF8.self))\" needs too many steps for a text",
        hint: "nested repetitions such as (a+)+ are the usual reason")
    }
    throw QueryError(.invalidParameter, "matching a regular expression: \(Regex.message(status))")
  }
}
