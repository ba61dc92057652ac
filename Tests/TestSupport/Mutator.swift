/// Damages inputs the way disks, networks and writers with bugs do.
package struct Mutator {
  private var state: UInt64

  /// Begins a sequence of damage that the same seed repeats.
  package init(seed: UInt64) { state = seed }

  /// Returns one of the inputs, damaged in one to four places.
  package mutating func next(of inputs: [[UInt8]]) -> [UInt8] {
    guard !inputs.isEmpty else { return [] }
    var bytes = inputs[random(inputs.count)]
    for _ in 0..<1 + random(4) {
      guard !bytes.isEmpty else { return bytes }
      let place = random(bytes.count)
      switch random(7) {
      case 0: bytes[place] ^= 1 << UInt8(random(8))
      case 1: bytes[place] = UInt8(random(256))
      case 2: bytes.removeLast(bytes.count - place)
      case 3:
        // A length that claims far more than there is.
        for index in place..<min(place + 1 + random(8), bytes.count) { bytes[index] = 0xFF }
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random(16)))
      case 5: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + random(32))], at: place)
      default:
        let other = inputs[random(inputs.count)]
        guard !other.isEmpty else { continue }
        bytes.replaceSubrange(place..., with: other[random(other.count)...])
      }
    }
    return bytes
  }

  /// The splitmix64 generator.
  private mutating func random(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int(truncatingIfNeeded: (mixed ^ (mixed >> 31)) >> 1) % limit
  }
}
