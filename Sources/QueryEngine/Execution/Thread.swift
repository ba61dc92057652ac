internal import Glibc

/// A joinable thread.
@safe package struct Thread: Sendable {
  private let handle: pthread_t

  /// Starts a thread; `nil` when the system has none to give.
  package init?(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    var handle = pthread_t()
    // SAFETY: the thread takes over the reference that `passRetained` made.
    let status = unsafe pthread_create(
      &handle, nil,
      { box in
        if let box = unsafe box { unsafe Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run() }
        return nil
      }, box)
    guard status == 0 else {
      // SAFETY: no thread took the reference over.
      unsafe Unmanaged<Body>.fromOpaque(box).release()
      return nil
    }
    self.handle = handle
  }

  /// Waits for its end.
  package func join() { pthread_join(handle, nil) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
