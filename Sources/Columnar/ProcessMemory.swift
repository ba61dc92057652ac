internal import CKernels

/// How the process gets its memory.
public enum ProcessMemory {
  /// Keeps freed memory in the process; to be called once, at the start of a program that runs queries.
  public static func keepFreed() { ck_keep_freed_memory() }
}
