/// One parser of untrusted bytes, as a function that takes any bytes.
///
/// Whatever the bytes are, ``run`` returns: no trap, no hang, no memory that the bytes have not earned. The
/// drivers are `Fuzz/Driver.swift`, which libFuzzer feeds, and `Tests/FuzzTests`, which feeds the stored corpus
/// and mutations of it.
public struct FuzzTarget: Sendable {
  /// The folder of its corpus in `Fuzz/Corpus`, and its name on the command line.
  public let name: String
  /// Feeds the bytes to the parser; what is returned is a complaint, such as an error that blames us.
  public let run: @Sendable (_ bytes: [UInt8]) -> String?

  init(_ name: String, _ run: @escaping @Sendable (_ bytes: [UInt8]) -> String?) {
    (self.name, self.run) = (name, run)
  }

  /// All targets.
  public static let all: [FuzzTarget] =
    parquet + avro + puffin + json + text + compression + segmentedGzip + sql + [catalog]

  /// Returns the target of that name.
  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
