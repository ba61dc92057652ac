internal import ArgumentParser
internal import Glibc

/// `wequery` alone: the shell at a terminal, else statements from standard input.
struct Shell: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "Talk to the engine: the shell, or statements on standard input.")

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try Program.run("shell", options) { environment in
      guard let terminal = Terminal() else {
        guard let script = FileText.read("-") else { return }
        try StatementRunner(environment).run(script)
        return
      }
      Interruption.watch(environment.session)
      let home = unsafe getenv("HOME").map { unsafe String(cString: $0) }
      REPL(environment, terminal, historyPath: home.map { $0 + "/.wequery_history" }).run()
    }
  }
}
