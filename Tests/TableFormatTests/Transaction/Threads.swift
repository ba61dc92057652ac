import Glibc
import Synchronization

/// Threads of the system, for tests that need some which really run at the same time.
enum Threads {
  /// Runs a job on so many threads and waits for all.
  static func run(_ count: Int, _ job: @escaping @Sendable (Int) -> Void) {
    final class Work: Sendable {
      let number: Int
      let job: @Sendable (Int) -> Void
      init(_ number: Int, _ job: @escaping @Sendable (Int) -> Void) {
        (self.number, self.job) = (number, job)
      }
    }
    var threads: [pthread_t] = []
    for number in 0..<count {
      let work = unsafe Unmanaged.passRetained(Work(number, job)).toOpaque()
      var thread = pthread_t()
      unsafe pthread_create(
        &thread, nil,
        { pointer in
          guard let pointer = unsafe pointer else { return nil }
          let work = unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
          work.job(work.number)
          return nil
        }, work)
      threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
  }
}
