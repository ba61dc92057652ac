internal import Synchronization

/// Values that several threads ask for and one of them makes; the others wait for it.
final class OnceCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private final class Entry: Sendable {
    let result = Mutex<Result<Value, TableFormatError>?>(nil)
  }

  private let entries = Mutex<[Key: Entry]>([:])

  init() {}

  /// Returns the value of a key, made now if it is asked for the first time.
  func value(
    _ key: Key, make: () throws(TableFormatError) -> Value
  ) throws(TableFormatError) -> Value {
    let entry = entries.withLock { entries in
      if let entry = entries[key] { return entry }
      let entry = Entry()
      entries[key] = entry
      return entry
    }
    let result = entry.result.withLock { result in
      if let result { return result }
      let made: Result<Value, TableFormatError>
      do throws(TableFormatError) {
        made = .success(try make())
      } catch {
        made = .failure(error)
      }
      result = made
      return made
    }
    return try result.get()
  }
}
