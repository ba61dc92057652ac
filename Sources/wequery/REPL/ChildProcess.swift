internal import Glibc

/// A program of another that the shell starts: the editor, the pager.
enum ChildProcess {
  /// Runs a command line and waits for its end.
  ///
  /// - Parameters:
  ///   - command: What `sh -c` understands.
  ///   - feed: Writes the command's standard input; `nil` leaves it the terminal.
  /// - Returns: Whether it ended with 0.
  static func run(_ command: String, feed: ((TextOutput) -> Void)? = nil) -> Bool {
    var ends: [Int32] = [-1, -1]
    if feed != nil {
      guard unsafe pipe(&ends) == 0 else { return false }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    if feed != nil { unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0) }
    // Signals that wait for a thread of ours are ordinary ones for others.
    var none = sigset_t()
    var pipes = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigemptyset(&pipes)
    unsafe sigaddset(&pipes, SIGPIPE)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &pipes)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var process = pid_t()
    // SAFETY: the strings live until the call returns, and it copies them.
    let status = unsafe "sh".withCString { name in
      unsafe "-c".withCString { option in
        unsafe command.withCString { text in
          var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [
            UnsafeMutablePointer(mutating: name), UnsafeMutablePointer(mutating: option),
            UnsafeMutablePointer(mutating: text), nil,
          ]
          return unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, &arguments, environ)
        }
      }
    }
    if ends[0] >= 0 { close(ends[0]) }
    guard status == 0 else {
      if ends[1] >= 0 { close(ends[1]) }
      return false
    }
    if let feed {
      let output = TextOutput(pipe: ends[1])
      feed(output)
      output.flush()
      close(ends[1])
    }
    var outcome: Int32 = 0
    while unsafe waitpid(process, &outcome, 0) < 0 && errno == EINTR {}
    return outcome == 0
  }
}
