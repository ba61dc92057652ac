internal import Columnar

/// A setting: its name, what it means, and how its text is read and written.
///
/// A new setting is one property in ``SessionSettings`` and one entry in ``all``.
package struct SettingDefinition: Sendable {
  package let name: String
  package let summary: String
  let get: @Sendable (SessionSettings) -> String
  /// Changes the setting; returns what a value must be like if the text is not one.
  let set: @Sendable (inout SessionSettings, String) -> String?

  /// All settings, by name.
  package static let all: [SettingDefinition] = [
    .init("batch_size", "rows of a batch, for tests", get: { "\($0.batchSize)" }) { settings, text in
      guard let value = Int(text), (1...Batch.capacity).contains(value) else {
        return "1 to \(Batch.capacity)"
      }
      settings.batchSize = value
      return nil
    },
    .flag("cache_aggregates", "keep partial aggregates of data files", \.cacheAggregates),
    .flag("cache_chunks", "keep decoded column chunks", \.cacheChunks),
    .flag("cache_metadata", "keep parsed metadata", \.cacheMetadata),
    .init("catalog", "the catalog of names without one", get: \.catalog) { settings, text in
      settings.catalog = text
      return text.isEmpty ? "a catalog's name" : nil
    },
    .init(
      "current_timestamp", "the clock, for runs that can be repeated",
      get: { $0.currentTimestamp.map { SettingText.timestamp($0) } ?? "machine's clock" }
    ) { settings, text in
      guard let micros = SettingText.micros(text) else { return "a time such as 2024-01-15 09:00:00+00" }
      settings.currentTimestamp = micros
      return nil
    },
    .init("default_null_order", "where nulls come", get: { $0.defaultNullOrder.rawValue }) { settings, text in
      guard let order = NullOrder(setting: text.lowercased()) else {
        return NullOrder.allCases.map(\.rawValue).joined(separator: ", ")
      }
      settings.defaultNullOrder = order
      return nil
    },
    .init(
      "disabled_optimizer_rules", "rules that are left out",
      get: { $0.disabledOptimizerRules.sorted().joined(separator: ",") }
    ) { settings, text in
      let names = text.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() }
      let known = Set(Optimizer.ruleNames)
      if let unknown = names.first(where: { !known.contains($0) && $0 != "all" }) {
        return "names among \(Optimizer.ruleNames.joined(separator: ", ")), not \(unknown)"
      }
      settings.disabledOptimizerRules = names.contains("all") ? known : Set(names)
      return nil
    },
    .flag("integer_division", "whether / between integers truncates", \.integerDivision),
    .init("memory_limit", "bytes that operators may hold", get: { "\($0.memoryLimit)" }) { settings, text in
      guard let bytes = SettingText.bytes(text), bytes > 0 else { return "a size such as 512MB or 8GiB" }
      settings.memoryLimit = bytes
      return nil
    },
    .init("namespace", "the namespace of names without one", get: \.namespace) { settings, text in
      settings.namespace = text
      return text.isEmpty ? "a namespace's name" : nil
    },
    .flag(
      "read_bare_deletion_vectors", "read deletion vectors without their Puffin wrapper",
      \.readBareDeletionVectors),
    .init(
      "statement_timeout", "how long a statement may run",
      get: { $0.statementTimeout.map { "\($0 / 1000) ms" } ?? "none" }
    ) { settings, text in
      if ["none", "0", "off"].contains(text.lowercased()) {
        settings.statementTimeout = nil
        return nil
      }
      guard let micros = SettingText.duration(text), micros > 0 else {
        return "a time such as 30s, 10m or none"
      }
      settings.statementTimeout = micros
      return nil
    },
    .init("temp_directory", "where spill files go", get: \.tempDirectory) { settings, text in
      settings.tempDirectory = text
      return text.isEmpty ? "a folder" : nil
    },
    .init("threads", "workers of a query", get: { "\($0.threads)" }) { settings, text in
      guard let value = Int(text), (1...1024).contains(value) else { return "1 to 1024" }
      settings.threads = value
      return nil
    },
    .init("timezone", "zone of timestamps with one", get: \.timezone) { settings, text in
      guard (try? TimeZone.named(text)) != nil else { return "an IANA name such as Europe/Berlin" }
      settings.timezone = text
      return nil
    },
  ]

  /// Finds a setting.
  ///
  /// - Parameters:
  ///   - name: Its name, case aside.
  ///   - position: Where the name stands.
  ///   - others: What else may have been meant there.
  /// - Returns: The setting.
  /// - Throws: ``QueryError`` with the nearest names if there is none.
  static func named(
    _ name: String, at position: SourceRange?, others: [String] = []
  ) throws(QueryError) -> SettingDefinition {
    let lowered = name.lowercased()
    let aliases = [
      "time_zone": "timezone", "memory": "memory_limit", "schema": "namespace", "max_memory": "memory_limit",
    ]
    if let found = all.first(where: { $0.name == aliases[lowered] ?? lowered }) { return found }
    throw QueryError(
      .undefinedObject, "there is no setting \"\(name)\"",
      hint: NearestName.hint(for: name, among: all.map(\.name) + others), at: position)
  }

  /// Changes the setting to a value given as text.
  ///
  /// - Throws: ``QueryError`` 22023 that says what a value must be like.
  func change(
    _ settings: inout SessionSettings, to text: String, at position: SourceRange?
  ) throws(QueryError) {
    var changed = settings
    if let expected = set(&changed, text) {
      throw QueryError(
        .invalidParameter, "\"\(text)\" is no value of the setting \(name)", hint: "it must be \(expected)",
        at: position, value: text)
    }
    settings = changed
  }

  private init(
    _ name: String, _ summary: String, get: @escaping @Sendable (SessionSettings) -> String,
    set: @escaping @Sendable (inout SessionSettings, String) -> String?
  ) {
    (self.name, self.summary, self.get, self.set) = (name, summary, get, set)
  }

  private static func flag(
    _ name: String, _ summary: String, _ path: any WritableKeyPath<SessionSettings, Bool> & Sendable
  ) -> SettingDefinition {
    SettingDefinition(name, summary, get: { $0[keyPath: path] ? "true" : "false" }) { settings, text in
      switch text.lowercased() {
      case "true", "on", "1", "yes": settings[keyPath: path] = true
      case "false", "off", "0", "no": settings[keyPath: path] = false
      default: return "true or false"
      }
      return nil
    }
  }
}

/// Reads and writes the text of settings.
enum SettingText {
  static func timestamp(_ micros: Int64) -> String {
    var text: [UInt8] = []
    ValueText.append(.integer(micros), as: .timestampTZ, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  static func micros(_ text: String) -> Int64? { Timestamp.utcMicros(text) }

  /// Reads `128MB` (powers of 1000), `128MiB` (of 1024) or a number of bytes.
  static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
    let factors: [String: Double] = [
      "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1_048_576,
      "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    guard let number = Double(digits), let factor = factors[unit], number * factor < 9e18 else { return nil }
    return Int(number * factor)
  }

  /// Reads `30s`, `10m`, `12h`, `7d`, `250ms` or a number of milliseconds, as microseconds.
  static func duration(_ text: String) -> Int64? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    var unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
    if unit.hasSuffix("s") && unit.count > 2 { unit.removeLast() }
    let factors: [String: Double] = [
      "": 1000, "ms": 1000, "s": 1e6, "sec": 1e6, "second": 1e6, "m": 6e7, "min": 6e7, "minute": 6e7,
      "h": 3.6e9,
      "hour": 3.6e9, "d": 8.64e10, "day": 8.64e10,
    ]
    guard let number = Double(digits), let factor = factors[unit], number * factor < 9e18 else { return nil }
    return Int64(number * factor)
  }
}
