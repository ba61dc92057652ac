internal import Glibc

/// A value under a lock that threads can wait to change.
///
/// `Mutex` has no condition variable, so this is the one place that uses the C ones.
@safe final class Monitor<Value: Sendable> {
  private let lock: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let changed: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
  private var value: Value

  init(_ value: Value) {
    self.value = value
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe lock.deallocate()
    unsafe changed.deallocate()
  }

  /// Changes the value and wakes all who wait.
  @discardableResult
  func change<Result>(_ body: (inout Value) -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    let result = body(&value)
    unsafe pthread_cond_broadcast(changed)
    return result
  }

  /// Waits until the value is as wanted, then calls `body` under the lock.
  @discardableResult
  func wait<Result>(until isReady: (Value) -> Bool, then body: (inout Value) -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    while !isReady(value) { unsafe pthread_cond_wait(changed, lock) }
    return body(&value)
  }
}

// SAFETY: `value` is touched only between lock and unlock.
extension Monitor: @unchecked Sendable {}
