internal import ArgumentParser

/// A size in bytes as people write it: `128MB` is a power of 1000, `128MiB` of 1024, a bare number bytes.
struct ByteSize: ExpressibleByArgument, Sendable, Equatable {
  let byteCount: Int

  init(byteCount: Int) { self.byteCount = byteCount }

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." || $0 == "_" }
    let unit = argument.dropFirst(digits.count).trimmed.lowercased()
    guard let number = Double(digits.filter { $0 != "_" }), number >= 0 else { return nil }
    let factors: [String: Double] = [
      "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
      "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    guard let factor = factors[unit], number * factor < 9e18 else { return nil }
    byteCount = Int(number * factor)
  }

  /// A short form for people: `1.5 MB`.
  static func text(_ byteCount: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var value = Double(byteCount)
    var unit = 0
    while abs(value) >= 999.95 && unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    if unit == 0 { return "\(byteCount) B" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10)) \(units[unit])"
  }
}

extension StringProtocol {
  /// The text without spaces around it.
  var trimmed: String {
    var view = self[...]
    while let first = view.first, first.isWhitespace { view = view.dropFirst() }
    while let last = view.last, last.isWhitespace { view = view.dropLast() }
    return String(view)
  }
}

/// A length of time as people write it: `30s`, `10m`, `12h`, `7d`.
struct Age: ExpressibleByArgument, Sendable, Equatable {
  let micros: Int64

  init?(argument: String) {
    let units: [Character: Int64] = [
      "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000,
    ]
    guard let last = argument.last, let unit = units[last], let number = Double(argument.dropLast()),
      number >= 0, number * Double(unit) < 9e18
    else { return nil }
    micros = Int64(number * Double(unit))
  }
}

/// A share of a whole, as `5%` or `0.05`.
struct Share: ExpressibleByArgument, Sendable, Equatable, CustomStringConvertible {
  let value: Double

  init(value: Double) { self.value = value }

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let number = Double(isPercent ? argument.dropLast() : argument[...]), number >= 0 else {
      return nil
    }
    value = isPercent ? number / 100 : number
    guard value <= 1 else { return nil }
  }

  /// Per cent, as help texts show a default.
  var description: String {
    let percent = value * 100
    return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
  }
}
