internal import ArgumentParser
internal import Columnar
internal import Glibc

/// How every command begins and ends: errors rendered once, output flushed, the exit code honest.
enum Program {
  /// Runs a command's body.
  ///
  /// - Parameters:
  ///   - command: The command's name, for `--format json`.
  ///   - options: Its options.
  ///   - body: What it does.
  /// - Throws: `ExitCode` when it fails.
  static func run(_ command: String, _ options: GlobalOptions, _ body: () throws -> Void) throws {
    signal(SIGPIPE, SIG_IGN)
    ProcessMemory.keepFreed()
    do {
      try body()
      TextOutput.standard.flush()
    } catch {
      TextOutput.standard.flush()
      let failure = CommandFailure(any: error)
      if !failure.isPrinted {
        ErrorRenderer(isJSON: options.format == .json, command: command).print(failure)
      }
      throw ExitCode(failure.code.rawValue)
    }
  }
}
