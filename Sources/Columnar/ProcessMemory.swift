internal import CKernels

/// How the process gets its memory.
public enum ProcessMemory {
  /// Keeps freed memory in the process; to be called once, at the start of a program that runs queries.
  public static func keepFreed() { ck_keep_freed_memory() }

  /// Returns freed memory to the system now, kept or not.
  public static func returnFreed() { ck_return_freed_memory() }

  /// Bytes that the process holds; 0 if the system does not tell.
  public static var residentByteCount: Int { Int(ck_resident_bytes()) }
}
