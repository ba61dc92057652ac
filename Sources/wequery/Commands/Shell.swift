internal import ArgumentParser

/// `wequery` alone: the shell at a terminal, else statements from standard input.
struct Shell: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "Talk to the engine: the shell, or statements on standard input.",
    discussion: "The shell begins with the statements and commands of ~/.wequeryrc.")

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Leave ~/.wequeryrc alone.")
  var noInit = false

  func run() throws {
    try Program.run("shell", options) { environment in
      guard let terminal = Terminal() else {
        guard let script = FileText.read("-") else { return }
        try StatementRunner(environment).run(script)
        return
      }
      Interruption.watch(environment.session, inShell: true)
      let home = Environment.variable("HOME")
      let shell = REPL(environment, terminal, historyPath: home.map { $0 + "/.wequery_history" })
      try shell.run(initPath: noInit ? nil : home.map { $0 + "/.wequeryrc" })
    }
  }
}
