internal import Columnar
internal import FileFormats

/// Records of a text file as columns of text, many at a time.
protocol TextRecords: AnyObject {
  /// The names of the columns.
  var names: [String] { get }
  /// Returns the next records, one VARCHAR vector for each name; `nil` at the end.
  func next() throws(QueryError) -> [Vector]?
}

/// How separated values are written.
struct CSVOptions: Sendable {
  /// Between fields; `nil` finds it out.
  var delimiter: UInt8?
  /// Whether the first record has the names; `nil` finds it out.
  var hasHeader: Bool?
  /// Whether every column stays text.
  var allText = false
}

/// Separated values; a field of nothing is null, one of `""` is the empty text.
final class CSVRecords: TextRecords {
  private(set) var names: [String] = []
  private let reader: CSVReader
  private let path: String
  private var pending: CSVReader.Batch?
  private var skipsFirst = false

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - options: How it is written.
  /// - Throws: ``QueryError`` if it cannot be read.
  init(_ file: any RandomAccessFile, _ options: CSVOptions) throws(QueryError) {
    path = file.path
    var dialect = CSVReader.Dialect()
    if let given = options.delimiter {
      dialect.delimiter = given
    } else {
      dialect.delimiter = try CSVRecords.delimiter(of: file)
    }
    let chosen = dialect
    let opened = try FileReading.wrapping { () throws(FileFormatError) in
      try CSVReader(file, dialect: chosen)
    }
    reader = opened
    pending = try FileReading.wrapping { () throws(FileFormatError) in try opened.next() }
    guard let first = pending, first.recordCount > 0 else { return }
    let fields = first.fieldRange(of: 0).map { (text: first.fields[$0].string, isQuoted: first.isQuoted[$0]) }
    skipsFirst = options.hasHeader ?? CSVRecords.isHeader(fields.map(\.text))
    var seen: Set<String> = []
    for (index, field) in fields.enumerated() {
      var name = skipsFirst && !field.text.isEmpty ? field.text : "column\(index)"
      while !seen.insert(name.lowercased()).inserted { name += "_1" }
      names.append(name)
    }
  }

  /// A first record of distinct words is taken for the names.
  private static func isHeader(_ fields: [String]) -> Bool {
    Set(fields).count == fields.count
      && fields.allSatisfy {
        $0.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == 0x5F } ?? false
      }
  }

  /// Finds the sign that stands most often in the first line.
  private static func delimiter(of file: any RandomAccessFile) throws(QueryError) -> UInt8 {
    let name = file.path.lowercased()
    if name.hasSuffix(".tsv") || name.hasSuffix(".tsv.gz") { return 0x09 }
    let lines = try FileReading.wrapping { () throws(FileFormatError) in
      try LineReader(file, pageByteCount: 65_536).next()
    }
    guard let lines, let first = lines.lines.first else { return UInt8(ascii: ",") }
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    let bytes = lines.page.bytes.extracting(first)
    for index in bytes.indices {
      if bytes[index] == 0x22 { isQuoted.toggle() }
      if !isQuoted, [0x2C, 0x3B, 0x09, 0x7C].contains(bytes[index]) { counts[bytes[index], default: 0] += 1 }
    }
    let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return best?.key ?? UInt8(ascii: ",")
  }

  func next() throws(QueryError) -> [Vector]? {
    var batch = pending
    pending = nil
    if batch == nil {
      batch = try FileReading.wrapping { () throws(FileFormatError) in try reader.next() }
    }
    guard let batch else { return nil }
    let first = skipsFirst ? 1 : 0
    skipsFirst = false
    let rowCount = batch.recordCount - first
    for record in first..<batch.recordCount where batch.fieldRange(of: record).count != names.count {
      throw QueryError(
        .invalidText,
        "line \(batch.lineNumbers[record]) of \"\(path)\" has \(batch.fieldRange(of: record).count) fields, not \(names.count)",
        hint: "say how the file is written: read_csv('…', delim => ';', header => true)")
    }
    return names.indices.map { column in
      var buffer = WritableBuffer(byteCount: rowCount * MemoryLayout<StringView>.stride)
      var room = buffer.elements(as: StringView.self, count: rowCount)
      var validity = BitmapBuilder(count: rowCount)
      for row in 0..<rowCount {
        let field = batch.fieldRange(of: row + first).lowerBound + column
        room[row] = batch.fields[field]
        if batch.fields[field].byteCount > 0 || batch.isQuoted[field] { validity.insert(row) }
      }
      return .flat(
        buffer.freeze(), of: StringView.self, count: rowCount, validity: validity.freeze(), pages: batch.pages
      )
    }
  }
}

/// One JSON object a line, or a list of objects; strings as their text, everything else as JSON.
final class JSONRecords: TextRecords {
  let names: [String]
  private let reader: LineReader?
  private let path: String
  /// Of a file that is one list.
  private var objects: [JSONObject]?

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - names: The keys to take; the first records tell them if `nil`.
  /// - Throws: ``QueryError`` if it cannot be read.
  init(_ file: any RandomAccessFile, names: [String]? = nil) throws(QueryError) {
    path = file.path
    if try JSONRecords.isList(file) {
      let all = try JSONRecords.list(file)
      (objects, reader) = (all, nil)
      self.names = names ?? JSONRecords.keys(of: all)
      return
    }
    reader = try FileReading.wrapping { () throws(FileFormatError) in try LineReader(file) }
    if let names {
      self.names = names
      return
    }
    let sample = try FileReading.wrapping { () throws(FileFormatError) in try LineReader(file).next() }
    var first: [JSONObject] = []
    if let sample {
      for index in sample.lines.indices { first += try JSONRecords.object(sample, index, path) }
    }
    self.names = JSONRecords.keys(of: first)
  }

  private static func isList(_ file: any RandomAccessFile) throws(QueryError) -> Bool {
    let lines = try FileReading.wrapping { () throws(FileFormatError) in
      try LineReader(file, pageByteCount: 65_536).next()
    }
    guard let lines else { return false }
    let bytes = lines.page.bytes
    let first = bytes.indices.first { ![0x20, 0x09, 0x0A, 0x0D].contains(bytes[$0]) }
    return first.map { bytes[$0] == UInt8(ascii: "[") } ?? false
  }

  private static func list(_ file: any RandomAccessFile) throws(QueryError) -> [JSONObject] {
    let value = try FileReading.wrapping { () throws(FileFormatError) in
      let reader = try LineReader(file)
      var text: [UInt8] = []
      while let lines = try reader.next() {
        for line in lines.lines {
          text.append(contentsOf: lines.page.bytes.extracting(line).copied())
          text.append(0x0A)
        }
      }
      return try JSONParser.parse(text)
    }
    var objects: [JSONObject] = []
    for element in value.arrayValue ?? [] {
      guard let object = element.objectValue else {
        throw QueryError(.invalidText, "\"\(file.path)\" is a list of something else than objects")
      }
      objects.append(object)
    }
    return objects
  }

  private static func keys(of objects: [JSONObject]) -> [String] {
    var (names, seen): ([String], Set<String>) = ([], [])
    for object in objects {
      for member in object where seen.insert(member.key).inserted { names.append(member.key) }
    }
    return names
  }

  /// The object of a line; none of a line without one.
  private static func object(
    _ batch: LineReader.Batch, _ index: Int, _ path: String
  ) throws(QueryError) -> [JSONObject] {
    let line = batch.page.bytes.extracting(batch.lines[index]).copied()
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return [] }
    do throws(FileFormatError) {
      if let object = try JSONParser.parse(line).objectValue { return [object] }
    } catch {
      throw QueryError(
        .invalidText, "line \(batch.firstLine + index) of \"\(path)\" is not JSON: \(error.message)",
        cause: error)
    }
    throw QueryError(.invalidText, "line \(batch.firstLine + index) of \"\(path)\" is no JSON object")
  }

  func next() throws(QueryError) -> [Vector]? {
    var records: [JSONObject] = []
    if let all = objects {
      if all.isEmpty { return nil }
      (records, objects) = (all, [])
    } else if let reader {
      guard let batch = try FileReading.wrapping({ () throws(FileFormatError) in try reader.next() }) else {
        return nil
      }
      for index in batch.lines.indices { records += try JSONRecords.object(batch, index, path) }
    }
    return names.map { name in
      var builder = VectorBuilder(.varchar)
      for record in records {
        switch record[name] {
        case nil, .null?: builder.append(.null)
        case .string(let text)?: builder.append(.text(text))
        case .some(let value): builder.append(.text(JSONWriter.string(value)))
        }
      }
      return builder.finish()
    }
  }
}
