internal import ArgumentParser
internal import Columnar
internal import Glibc
internal import QueryEngine

/// How every command begins and ends: the environment opened, errors rendered once, output complete or not
/// there, the exit code honest.
enum Program {
  /// Runs a command's body.
  ///
  /// - Parameters:
  ///   - command: The command's name, for `--format json`.
  ///   - options: Its options.
  ///   - isDetached: Whether it can do without a catalog.
  ///   - body: What it does.
  /// - Throws: `ExitCode` when it fails.
  static func run(
    _ command: String, _ options: GlobalOptions, isDetached: Bool = false,
    _ body: (Environment) throws -> Void
  ) throws {
    signal(SIGPIPE, SIG_IGN)
    ProcessMemory.keepFreed()
    do {
      let environment = try Environment.open(options, command: command, isDetached: isDetached)
      do {
        try body(environment)
      } catch {
        environment.output.abandon()
        throw error
      }
      try environment.output.finish()
      TextOutput.standard.flush()
      // The answer is out; what is kept for the next process delays nobody.
      environment.session.saveCaches()
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
