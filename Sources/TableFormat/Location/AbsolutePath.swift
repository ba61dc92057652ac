internal import Glibc

/// Paths from the root.
package enum AbsolutePath {
  /// Returns the path from the root for one that may start from the working directory.
  package static func of(_ path: String) -> String {
    if path.hasPrefix("/") { return PathMapper.normalised(path) }
    // SAFETY: with no buffer given, `getcwd` allocates one of the right size, which is freed here.
    guard let current = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(current) }
    let folder = unsafe String(cString: current)
    if path.isEmpty || path == "." { return folder }
    return PathMapper.normalised(folder + "/" + path)
  }

  /// Whether two paths of this machine lead to one file, by symbolic links or otherwise.
  package static func isSameFile(_ path: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    // SAFETY: `stat` fills the structure that it is given, and nothing else.
    guard unsafe stat(path, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }
}
