public import FileFormats
internal import Synchronization

/// A file system that fails after a number of operations, as a full disk, a broken one or a killed process would.
///
/// Operations that change something are counted: making, writing, synchronising, closing, renaming and removing
/// files; on request those that read are, too. The `limit`-th one fails, and so do all after it when the fault
/// `isLasting`: then nothing that a program would do afterwards, such as cleaning up, takes place either.
public final class FaultInjectingFileSystem: FileSystem {
  /// How the operation fails.
  public enum Fault: Sendable {
    case diskFull
    case inputOutput
  }

  private let inner: any FileSystem
  private let state: Mutex<State>

  private struct State {
    var limit: Int
    var fault: Fault
    var isLasting: Bool
    var countsReading = false
    var count = 0
    var failed: [String] = []
  }

  /// Wraps a file system.
  ///
  /// - Parameters:
  ///   - inner: Where operations go.
  ///   - limit: Which operation fails, from 0; `Int.max` for none.
  ///   - fault: How.
  ///   - isLasting: Whether all later ones fail too.
  public init(
    _ inner: any FileSystem, failing limit: Int, with fault: Fault = .inputOutput, isLasting: Bool = false
  ) {
    self.inner = inner
    state = Mutex(State(limit: limit, fault: fault, isLasting: isLasting))
  }

  /// Operations so far, or since ``arm(failing:with:isLasting:countingReading:)``.
  public var operationCount: Int { state.withLock { $0.count } }

  /// The operations that failed, by what they do.
  public var failed: [String] { state.withLock { $0.failed } }

  /// Counts anew, and fails the `limit`-th operation from now on.
  public func arm(
    failing limit: Int, with fault: Fault = .inputOutput, isLasting: Bool = false,
    countingReading: Bool = false
  ) {
    state.withLock {
      $0 = State(limit: limit, fault: fault, isLasting: isLasting, countsReading: countingReading)
    }
  }

  /// Fails no more; what has failed stays known.
  public func disarm() { state.withLock { ($0.limit, $0.countsReading) = (.max, false) } }

  fileprivate func countReading(_ operation: String, _ path: String) throws(FileFormatError) {
    if state.withLock({ $0.countsReading }) { try count(operation, path) }
  }

  fileprivate func count(_ operation: String, _ path: String) throws(FileFormatError) {
    let fault: Fault? = state.withLock { state in
      defer { state.count += 1 }
      let fails = state.isLasting ? state.count >= state.limit : state.count == state.limit
      if fails { state.failed.append(operation) }
      return fails ? state.fault : nil
    }
    guard let fault else { return }
    switch fault {
    case .diskFull: throw FileFormatError(.diskFull, "no space is left (\(operation))", file: path)
    case .inputOutput:
      throw FileFormatError(.inputOutput, "the disk does not answer (\(operation))", file: path)
    }
  }

  /// Opens a file, unless it is time to fail.
  public func open(_ path: String) throws(FileFormatError) -> any RandomAccessFile {
    try countReading("open", path)
    return FaultInjectingReader(inner: try inner.open(path), system: self)
  }

  /// Makes a file, unless it is time to fail.
  public func create(_ path: String) throws(FileFormatError) -> any WritableFile {
    try count("create", path)
    return FaultInjectingFile(try inner.create(path), path, self)
  }

  /// Tells what is known about a path, unless it is time to fail.
  public func status(_ path: String) throws(FileFormatError) -> FileStatus? {
    try countReading("status", path)
    return try inner.status(path)
  }

  /// Lists a directory, unless it is time to fail.
  public func list(_ directory: String, recursively: Bool) throws(FileFormatError) -> [FileStatus] {
    try countReading("list", directory)
    return try inner.list(directory, recursively: recursively)
  }

  /// Removes a file, unless it is time to fail.
  public func remove(_ path: String) throws(FileFormatError) {
    try count("remove", path)
    try inner.remove(path)
  }

  /// Renames a file, unless it is time to fail.
  public func rename(_ from: String, to: String) throws(FileFormatError) {
    try count("rename", from)
    try inner.rename(from, to: to)
  }

  /// Makes a directory, unless it is time to fail.
  public func createDirectory(_ path: String) throws(FileFormatError) {
    try count("create directory", path)
    try inner.createDirectory(path)
  }

  /// Synchronises a directory, unless it is time to fail.
  public func synchronizeDirectory(_ path: String) throws(FileFormatError) {
    try count("synchronise directory", path)
    try inner.synchronizeDirectory(path)
  }
}

/// A file whose reads count.
private struct FaultInjectingReader: RandomAccessFile {
  let inner: any RandomAccessFile
  let system: FaultInjectingFileSystem

  var path: String { inner.path }
  var byteCount: Int { inner.byteCount }

  func read(at offset: Int, into room: inout MutableSpan<UInt8>) throws(FileFormatError) {
    try system.countReading("read", path)
    try inner.read(at: offset, into: &room)
  }
}

/// A file whose writes count.
private final class FaultInjectingFile: WritableFile {
  private let inner: any WritableFile
  private let path: String
  private let system: FaultInjectingFileSystem

  init(_ inner: any WritableFile, _ path: String, _ system: FaultInjectingFileSystem) {
    (self.inner, self.path, self.system) = (inner, path, system)
  }

  var position: Int { inner.position }

  func write(_ bytes: Span<UInt8>) throws(FileFormatError) {
    do {
      try system.count("write", path)
    } catch {
      // Half of it arrives: a torn write.
      try? inner.write(bytes.extracting(0..<bytes.count / 2))
      throw error
    }
    try inner.write(bytes)
  }

  func synchronize() throws(FileFormatError) {
    try system.count("synchronise", path)
    try inner.synchronize()
  }

  func close() throws(FileFormatError) { try inner.close() }
}
