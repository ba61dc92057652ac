// What libFuzzer calls. `scripts/fuzz.sh` builds it; `WEQUERY_FUZZ_TARGET` says which parser is fed.
import FuzzTargets
import Glibc

private let target: FuzzTarget = {
  let name = unsafe getenv("WEQUERY_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
  guard let target = FuzzTarget.named(name) else {
    print("no target \"\(name)\"; there are \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    fflush(nil)
    _exit(64)
  }
  return target
}()

/// Feeds one input; libFuzzer finds the function by its C name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  if let complaint = target.run(bytes) { fatalError(complaint) }
  return 0
}
