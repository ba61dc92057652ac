internal import Columnar

/// Decompresses a gzip file (RFC 1952, RFC 1951) piece by piece.
///
/// libdeflate wants a whole member and room for all it holds, which for text files may be gigabytes; this
/// decoder holds 32 KiB of history and a fixed piece, at about a quarter of libdeflate's speed.
struct Inflater: Sendable {
  private enum State {
    case memberHeader
    case blockHeader
    case stored(Int)
    case compressed
    case trailer
    case end
  }

  private let file: any RandomAccessFile
  private var input: [UInt8] = []
  private var inputPosition = 0
  /// The place in the file of the byte behind `input`.
  private var fileOffset = 0
  private var bits: UInt64 = 0
  private var bitCount = 0
  private var state = State.memberHeader
  private var isFirstMember = true
  private var isLastBlock = false
  private var literals = HuffmanTable()
  private var distances = HuffmanTable()

  /// History, then what is to be delivered.
  private var output: [UInt8]
  /// One past the last byte written.
  private var filled = 0
  /// The first byte not delivered yet.
  private var delivered = 0
  private var memberByteCount: UInt32 = 0
  private var checksum: UInt32 = 0
  /// How much of `output` is in the checksum.
  private var summed = 0

  private static let history = 32 * 1024
  private static let piece = 128 * 1024
  private static let inputPiece = 64 * 1024
  /// A match writes at most that many bytes.
  private static let longestMatch = 258

  init(_ file: any RandomAccessFile) {
    self.file = file
    output = [UInt8](repeating: 0, count: Self.history + Self.piece + Self.longestMatch)
  }

  /// Writes decompressed bytes to `room` from `start` on; returns how many, 0 at the end.
  mutating func read(into room: inout MutableSpan<UInt8>, at start: Int) throws(FileFormatError) -> Int {
    while delivered == filled {
      if case .end = state { return 0 }
      try fill()
    }
    let count = min(filled - delivered, room.count - start)
    for index in 0..<count { room[start &+ index] = output[delivered &+ index] }
    delivered += count
    return count
  }

  private func damaged(_ message: String) -> FileFormatError {
    .damaged(message, file: file.path, offset: fileOffset - (input.count - inputPosition))
  }

  private mutating func loadInput() throws(FileFormatError) -> Bool {
    let count = min(Self.inputPiece, file.byteCount - fileOffset)
    guard count > 0 else { return false }
    var piece: [UInt8] = []
    swap(&piece, &input)
    if piece.count != count { piece = [UInt8](repeating: 0, count: count) }
    var room = piece.mutableSpan
    try file.read(at: fileOffset, into: &room)
    input = piece
    fileOffset += count
    inputPosition = 0
    return true
  }

  /// Takes bytes until 48 bits are there, or the file ends.
  private mutating func refill() throws(FileFormatError) {
    while bitCount <= 48 {
      if inputPosition == input.count {
        guard try loadInput() else { return }
      }
      bits |= UInt64(input[inputPosition]) &<< UInt64(bitCount)
      inputPosition &+= 1
      bitCount &+= 8
    }
  }

  private mutating func take(_ count: Int) throws(FileFormatError) -> Int {
    if bitCount < count {
      try refill()
      guard bitCount >= count else { throw damaged("a gzip file is cut off") }
    }
    let value = Int(bits & ((1 &<< UInt64(count)) &- 1))
    bits &>>= UInt64(count)
    bitCount &-= count
    return value
  }

  /// Decodes until a piece is full or the file ends.
  private mutating func fill() throws(FileFormatError) {
    if filled > Self.history {
      // All is delivered; keep the history.
      let start = filled - Self.history
      for index in 0..<Self.history { output[index] = output[start &+ index] }
      (filled, delivered, summed) = (Self.history, Self.history, Self.history)
    }
    while filled < Self.history + Self.piece {
      switch state {
      case .memberHeader: try readMemberHeader()
      case .blockHeader: try readBlockHeader()
      case .stored(let count): try copyStored(count)
      case .compressed: try decode()
      case .trailer: try readTrailer()
      case .end: return
      }
    }
    sum()
  }

  private mutating func sum() {
    checksum = Deflate.crc32(output.span.extracting(summed..<filled), initial: checksum)
    memberByteCount &+= UInt32(truncatingIfNeeded: filled - summed)
    summed = filled
  }

  private mutating func readMemberHeader() throws(FileFormatError) {
    if !isFirstMember {
      // Zeros may pad the last member.
      while true {
        try refill()
        if bitCount == 0 { return state = .end }
        guard bits & 0xFF == 0 else { break }
        _ = try take(8)
      }
    }
    isFirstMember = false
    guard try take(16) == 0x8B1F else { throw damaged("this is no gzip member") }
    guard try take(8) == 8 else { throw damaged("a gzip member is not deflated") }
    let flags = try take(8)
    guard flags & 0xE0 == 0 else { throw damaged("a gzip member has unknown flags") }
    for _ in 0..<6 { _ = try take(8) }
    if flags & 4 != 0 { for _ in 0..<(try take(16)) { _ = try take(8) } }
    if flags & 8 != 0 { while try take(8) != 0 {} }
    if flags & 16 != 0 { while try take(8) != 0 {} }
    if flags & 2 != 0 { _ = try take(16) }
    (checksum, memberByteCount, summed) = (0, 0, filled)
    state = .blockHeader
  }

  private mutating func readBlockHeader() throws(FileFormatError) {
    isLastBlock = try take(1) == 1
    switch try take(2) {
    case 0:
      _ = try take(bitCount & 7)
      let count = try take(16)
      guard try take(16) == ~count & 0xFFFF else { throw damaged("a stored block's length is damaged") }
      state = .stored(count)
    case 1:
      var lengths = [UInt8](repeating: 8, count: 288)
      for symbol in 144..<256 { lengths[symbol] = 9 }
      for symbol in 256..<280 { lengths[symbol] = 7 }
      _ = literals.build(lengths)
      _ = distances.build([UInt8](repeating: 5, count: 30))
      state = .compressed
    case 2: try readTables()
    default: throw damaged("a deflate block of unknown kind")
    }
  }

  private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private mutating func readTables() throws(FileFormatError) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let codeCount = try take(4) + 4
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<codeCount { codeLengths[Self.codeOrder[index]] = UInt8(try take(3)) }
    guard literals.build(codeLengths) else { throw damaged("damaged deflate code lengths") }
    var lengths: [UInt8] = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try symbol(of: literals)
      let (value, count): (UInt8, Int)
      switch symbol {
      case 0..<16: (value, count) = (UInt8(symbol), 1)
      case 16:
        guard let last = lengths.last else { throw damaged("damaged deflate code lengths") }
        (value, count) = (last, 3 + (try take(2)))
      case 17: (value, count) = (0, 3 + (try take(3)))
      default: (value, count) = (0, 11 + (try take(7)))
      }
      lengths.append(contentsOf: repeatElement(value, count: count))
    }
    guard lengths.count == literalCount + distanceCount, lengths[256] != 0,
      literals.build(Array(lengths[..<literalCount])), distances.build(Array(lengths[literalCount...]))
    else { throw damaged("damaged deflate code lengths") }
    state = .compressed
  }

  private mutating func copyStored(_ count: Int) throws(FileFormatError) {
    var rest = count
    while rest > 0, filled < Self.history + Self.piece {
      output[filled] = UInt8(try take(8))
      filled += 1
      rest -= 1
    }
    state = rest > 0 ? .stored(rest) : isLastBlock ? .trailer : .blockHeader
  }

  private mutating func readTrailer() throws(FileFormatError) {
    sum()
    _ = try take(bitCount & 7)
    let stated = UInt32(try take(16)) | UInt32(try take(16)) &<< 16
    guard stated == checksum else { throw damaged("a gzip member has another checksum than it states") }
    let byteCount = UInt32(try take(16)) | UInt32(try take(16)) &<< 16
    guard byteCount == memberByteCount else {
      throw damaged("a gzip member has another length than it states")
    }
    state = .memberHeader
  }

  private mutating func symbol(of table: HuffmanTable) throws(FileFormatError) -> Int {
    if bitCount < 15 { try refill() }
    let entry = table.entries[Int(bits & table.mask)]
    let length = Int(entry & 15)
    guard length > 0, length <= bitCount else {
      throw damaged(length == 0 ? "a deflate code that stands for nothing" : "a gzip file is cut off")
    }
    bits &>>= UInt64(length)
    bitCount &-= length
    return Int(entry &>> 4)
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
    227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
    4097,
    6145, 8193, 12289, 16385, 24577,
  ]

  private mutating func decode() throws(FileFormatError) {
    let (lengthBases, lengthBits, distanceBases) = (Self.lengthBases, Self.lengthBits, Self.distanceBases)
    let (literals, distances) = (literals, distances)
    while filled < Self.history + Self.piece {
      let symbol = try symbol(of: literals)
      if symbol < 256 {
        output[filled] = UInt8(truncatingIfNeeded: symbol)
        filled &+= 1
        continue
      }
      if symbol == 256 {
        state = isLastBlock ? .trailer : .blockHeader
        return
      }
      guard symbol < 286 else { throw damaged("a deflate length that does not exist") }
      let length = lengthBases[symbol - 257] + (try take(lengthBits[symbol - 257]))
      let code = try self.symbol(of: distances)
      guard code < 30 else { throw damaged("a deflate distance that does not exist") }
      let distance = distanceBases[code] + (try take(code < 2 ? 0 : code / 2 - 1))
      // History of the member before is in reach too, which a writer never uses; it is our own memory.
      guard distance <= filled else { throw damaged("a deflate distance reaches before the data") }
      for _ in 0..<length {
        output[filled] = output[filled &- distance]
        filled &+= 1
      }
    }
  }
}

/// A canonical Huffman code (RFC 1951, section 3.2.2) as one table of all bit patterns of its longest code.
struct HuffmanTable: Sendable {
  /// Symbol in the high 12 bits, length in the low 4; 0 where no code is.
  private(set) var entries: [UInt16] = [0]
  private(set) var mask: UInt64 = 0

  /// Makes the table for code lengths by symbol; returns false if there are more codes than fit.
  mutating func build(_ lengths: [UInt8]) -> Bool {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    let longest = max(1, counts.lastIndex { $0 > 0 } ?? 1)
    var next = [Int](repeating: 0, count: 17)
    var code = 0
    for length in 1...15 {
      next[length] = code
      code += counts[length]
      if code > 1 &<< length { return false }
      code *= 2
    }
    entries = [UInt16](repeating: 0, count: 1 << longest)
    mask = UInt64(entries.count - 1)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let code = next[Int(length)]
      next[Int(length)] += 1
      // Codes come with their first bit lowest.
      var reversed = 0
      for bit in 0..<Int(length) where code &>> bit & 1 == 1 { reversed |= 1 &<< (Int(length) &- 1 &- bit) }
      let entry = UInt16(symbol &<< 4 | Int(length))
      for place in stride(from: reversed, to: entries.count, by: 1 &<< Int(length)) { entries[place] = entry }
    }
    return true
  }
}
