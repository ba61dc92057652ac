internal import FileFormats
internal import Glibc
internal import QueryEngine
internal import TableFormat

/// Times statements on a warehouse: `QueryBench WAREHOUSE [--repeat N] [--threads N] [--now MICROS] FILE.sql…`.
///
/// Prints one JSON object: for each file the first (cold) and the median (hot) milliseconds, CPU milliseconds, rows,
/// the peak of what operators held, and what the scans counted: files, row groups, pages and bytes.
@main struct QueryBench {
  static func main() throws {
    var (warehouse, repeats, threads, now) = ("", 7, sysconf(Int32(_SC_NPROCESSORS_ONLN)), Int64?.none)
    var paths: [String] = []
    var arguments = Array(CommandLine.arguments.dropFirst())
    while !arguments.isEmpty {
      let argument = arguments.removeFirst()
      let value = arguments.first ?? ""
      switch argument {
      case "--repeat": (repeats, _) = (max(1, Int(value) ?? repeats), arguments.removeFirst())
      case "--threads": (threads, _) = (max(1, Int(value) ?? threads), arguments.removeFirst())
      case "--now": (now, _) = (Int64(value), arguments.removeFirst())
      default: if warehouse.isEmpty { warehouse = argument } else { paths.append(argument) }
      }
    }
    let catalog = try SQLiteCatalog(path: warehouse + "/catalog.db")
    var results: [JSONValue] = []
    for path in paths {
      let text = String(decoding: try LocalFileSystem().readAll(path), as: UTF8.self)
      var settings = SessionSettings(threads: threads, memoryLimit: 4 << 30, tempDirectory: "/tmp")
      settings.currentTimestamp = now
      let session = Session(catalog: catalog, settings: settings)
      do throws(QueryError) {
        results.append(try measure(text, name: path, session, repeats))
      } catch {
        results.append(["name": .string(path), "error": .string("\(error)")])
      }
    }
    print(JSONWriter.string(["statements": .array(results)], .pretty))
  }

  private static func measure(
    _ text: String, name: String, _ session: Session, _ repeats: Int
  ) throws(QueryError) -> JSONValue {
    let clock = ContinuousClock()
    var (times, cpu, last): ([Double], [Double], StatementResult?) = ([], [], nil)
    for _ in 0...repeats {
      let (began, cpuBegan) = (clock.now, cpuMillis())
      last = try session.run(text).last
      let elapsed = began.duration(to: clock.now).components
      times.append(Double(elapsed.seconds) * 1e3 + Double(elapsed.attoseconds) / 1e15)
      cpu.append(cpuMillis() - cpuBegan)
    }
    let hot = times.dropFirst().sorted()
    var counters = JSONObject()
    for (key, value) in (last?.footer?.counters ?? [:]).sorted(by: { $0.key < $1.key }) {
      counters[key] = .integer(Int64(value))
    }
    return [
      "name": .string(name), "repeat": .integer(Int64(repeats)), "cold_ms": rounded(times[0]),
      "hot_ms": rounded(hot[hot.count / 2]), "hot_cpu_ms": rounded(cpu.dropFirst().sorted()[hot.count / 2]),
      "rows": .integer(Int64(last?.rowCount ?? 0)),
      "peak_bytes": .integer(Int64(last?.footer?.peakByteCount ?? 0)), "counters": .object(counters),
    ]
  }

  private static func rounded(_ value: Double) -> JSONValue { .number("\((value * 1000).rounded() / 1000)") }

  private static func cpuMillis() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }
}
