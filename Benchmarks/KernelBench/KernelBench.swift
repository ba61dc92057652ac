internal import FileFormats
internal import Glibc

/// Times kernels, codecs and parsers, one at a time: `KernelBench [filter] [--best-of N] [--list]`.
///
/// Prints one JSON object: the machine, and for each case the best time of n runs as nanoseconds a row and
/// gigabytes a second.
@main struct KernelBench {
  static func main() throws {
    var (filter, runs, isList) = ("", 5, false)
    var arguments = Array(CommandLine.arguments.dropFirst())
    while !arguments.isEmpty {
      let argument = arguments.removeFirst()
      switch argument {
      case "--best-of": runs = arguments.isEmpty ? runs : max(1, Int(arguments.removeFirst()) ?? runs)
      case "--list": isList = true
      default: filter = argument
      }
    }
    let groups: [(String, () throws -> [BenchmarkCase])] = [
      ("codec", CodecCases.all), ("parquet", ParquetCases.all), ("parse", ParserCases.all),
      ("sql", StatementCases.all),
    ]
    var results: [JSONValue] = []
    for (group, cases) in groups where filter.isEmpty || filter.hasPrefix(group) || group.hasPrefix(filter) {
      for benchmark in try cases() where filter.isEmpty || benchmark.name.hasPrefix(filter) {
        if isList { print(benchmark.name) } else { results.append(try benchmark.measure(runs)) }
      }
    }
    guard !isList else { return }
    let report: JSONValue = ["machine": .string(Machine.description), "cases": .array(results)]
    print(JSONWriter.string(report, .pretty))
  }
}

/// Something to time.
struct BenchmarkCase {
  let name: String
  /// Values that one run goes through.
  let rows: Int
  /// Bytes that one run goes through, on the side that is not compressed.
  let bytes: Int
  let body: () throws -> Void

  /// Runs it once to warm up, then `runs` times.
  func measure(_ runs: Int) throws -> JSONValue {
    try body()
    var best = Int64.max
    for _ in 0..<runs {
      let began = cpuNanos()
      try body()
      best = min(best, cpuNanos() - began)
    }
    return [
      "name": .string(name), "rows": .integer(Int64(rows)), "best_of": .integer(Int64(runs)),
      "ns_per_row": .number(text(Double(best) / Double(max(rows, 1)))),
      "gb_per_s": .number(text(Double(bytes) / Double(max(best, 1)))),
    ]
  }

  /// Three decimals are more than the machine repeats.
  private func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

  /// The process's CPU time, which other processes do not lengthen by much.
  private func cpuNanos() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// What the figures were measured on.
enum Machine {
  /// The CPU's model, the number of cores and the memory; no name of a host.
  static var description: String {
    func value(_ key: String, in path: String) -> String? {
      // Files of /proc state no length.
      guard let file = unsafe fopen(path, "r") else { return nil }
      defer { unsafe fclose(file) }
      var line = [CChar](repeating: 0, count: 512)
      while unsafe fgets(&line, 512, file) != nil {
        let text = String(
          decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix(key), let colon = text.firstIndex(of: ":") {
          return String(text[text.index(after: colon)...].drop { $0 == " " })
        }
      }
      return nil
    }
    let model = value("model name", in: "/proc/cpuinfo") ?? "unknown CPU"
    let memory = value("MemTotal", in: "/proc/meminfo") ?? "unknown memory"
    return "\(model), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, \(memory)"
  }
}
