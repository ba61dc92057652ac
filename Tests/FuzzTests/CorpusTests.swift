import FileFormats
import Glibc
import TestSupport
import Testing

@testable import FuzzTargets

/// Feeds the stored inputs to their parsers, and bounded mutations of them.
///
/// A trap ends the process, a hang runs into the time limit; live fuzzing (`scripts/fuzz.sh`) finds the inputs that
/// are stored.
@Suite("Fuzz corpus", .timeLimit(.minutes(3))) struct CorpusTests {
  @Test(arguments: FuzzTarget.all.map(\.name)) func everyStoredInputReturns(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let inputs = try Corpus.inputs(of: name)

    #expect(!inputs.isEmpty, "Fuzz/Corpus/\(name) is empty")
    for input in inputs {
      let complaint = target.run(input.bytes)
      #expect(complaint == nil, "\(input.path)")
    }
  }

  @Test(arguments: FuzzTarget.all.map(\.name)) func mutationsReturn(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let inputs = try Corpus.inputs(of: name).map(\.bytes) + Corpus.statements(for: name)
    var mutator = Mutator(seed: Corpus.seed)
    let before = Corpus.peakMemory
    let end = ContinuousClock.now + .milliseconds(1500)

    for _ in 0..<2000 where ContinuousClock.now < end {
      let bytes = mutator.next(of: inputs)
      let complaint = target.run(bytes)
      if let complaint { Issue.record("seed \(Corpus.seed): \(complaint) for \(bytes.prefix(400))") }
    }

    #expect(Corpus.peakMemory - before < 1 << 30, "seed \(Corpus.seed)")
  }
}

/// The stored inputs.
enum Corpus {
  /// Bytes of the largest fixture that is mutated; larger ones cost time and find no more.
  private static let sizeLimit = 64 << 10

  static let seed: UInt64 =
    unsafe getenv("WEQUERY_SEED").flatMap { unsafe UInt64(String(cString: $0)) } ?? 20_261_124

  private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// The files of `Fuzz/Corpus`, and fixtures of the same format.
  static func inputs(of name: String) throws -> [(path: String, bytes: [UInt8])] {
    let files = LocalFileSystem()
    var paths: [String] = []
    for folder in ["Fuzz/Corpus/\(name)"] + fixtures(of: name) {
      let (folder, suffix) = folder.split(separator: "*").count == 2 ? parts(folder) : (folder, "")
      guard try files.status("\(root)/\(folder)") != nil else { continue }
      paths += try files.list("\(root)/\(folder)", recursively: false)
        .filter { !$0.isDirectory && $0.byteCount <= sizeLimit && $0.path.hasSuffix(suffix) }
        .map(\.path)
    }
    return try paths.map { ($0, try files.readAll($0)) }
  }

  /// The statements of the SQL tests, which know more of the language than the corpus.
  static func statements(for name: String) -> [[UInt8]] {
    guard name == "sql" || name == "sql-parser" else { return [] }
    return SQLTestFile.all(in: "SQL").flatMap { $0.records.map { Array($0.sql.utf8) } }
  }

  private static func parts(_ pattern: String) -> (folder: String, suffix: String) {
    let parts = pattern.split(separator: "*")
    return (String(parts[0].dropLast()), String(parts[1]))
  }

  private static func fixtures(of name: String) -> [String] {
    switch name {
    case "parquet", "parquet-footer": ["Tests/Fixtures/parquet-reader/*.parquet"]
    case "avro": ["Tests/Fixtures/avro/*.avro"]
    case "deletion-vector": ["Tests/Fixtures/puffin/*.bin"]
    case "theta": ["Tests/Fixtures/puffin/*.bin"]
    default: []
    }
  }

  /// The most bytes the process has held; who 0 is the process itself.
  static var peakMemory: Int {
    var usage = rusage()
    unsafe getrusage(0, &usage)
    return usage.ru_maxrss * 1024
  }
}
