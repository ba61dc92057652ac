internal import Columnar
package import FileFormats
package import TableFormat

/// Puts generated events where they can be used: into a table, or into files.
package enum SampleWarehouse {
  /// How often a day's events are loaded.
  private static let loadMicros: Int64 = 6 * 3_600_000_000

  /// Appends generated events to a table as four loads a day would have, each committed when its last event
  /// had been processed: so the table's history can be travelled like that of one that has lived.
  ///
  /// - Parameters:
  ///   - generator: What to generate.
  ///   - identifier: The table, made if it is missing.
  ///   - catalog: Where it is.
  ///   - progress: Is told how many events are written.
  /// - Returns: How many data files were made.
  /// - Throws: ``MaintenanceError``; loads before the failure are committed.
  package static func append(
    _ generator: WebEventGenerator, to identifier: TableIdentifier, in catalog: any Catalog,
    progress: (Int) -> Void
  ) throws(MaintenanceError) -> Int {
    var table = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try catalog.metadataLocation(of: identifier) == nil ? nil : try catalog.loadTable(identifier)
    }
    let isNew = table == nil
    if isNew {
      let begin = (Int64(generator.lastDay) - Int64(generator.dayCount) + 1) * 86_400_000
      table = try WebEventTable.create(
        identifier, in: catalog, clock: CommitClock(standingAtMillis: min(begin, generator.now / 1000)))
    }
    guard var current = table else { return 0 }
    guard WebEventTable.matches(current) else {
      throw MaintenanceError(.failed, "the table \(identifier) has not the columns of web events")
    }
    var fileCount = 0
    var written = 0
    for day in 0..<generator.dayCount where generator.rowCount(ofDay: day) > 0 {
      let events = generator.events(ofDay: day)
      let begin = (Int64(generator.lastDay) - Int64(generator.dayCount) + 1 + Int64(day)) * 86_400_000_000
      var first = 0
      while first < events.count {
        var end = first
        let number = min(3, (events[first].processedTimestamp - begin) / loadMicros)
        // What is late for its day's last load still goes with it.
        let limit = number == 3 ? Int64.max : begin + (number + 1) * loadMicros
        while end < events.count, events[end].processedTimestamp < limit { end += 1 }
        let batches = try self.batches(of: events[first..<end], for: current)
        let clock = CommitClock(standingAtMillis: events[end - 1].processedTimestamp / 1000)
        let table = current
        (current, fileCount) = try MaintenanceError.wrapping { () throws(TableFormatError) in
          let target = try WriteTarget(table)
          do throws(TableFormatError) {
            let writer = try PartitionedWriter(target)
            for batch in batches { try writer.write(batch) }
            let files = try writer.finish()
            let newer = try Transaction(table, AppendFiles(files), clock: clock).commit()
            return (newer, fileCount + files.count)
          } catch {
            target.abort(after: error)
            throw error
          }
        }
        written += end - first
        first = end
        progress(written)
      }
    }
    return fileCount
  }

  private static func batches(
    of events: ArraySlice<WebEvent>, for table: Table
  ) throws(MaintenanceError) -> [Batch] {
    var builder = WebEventBatchBuilder(rule: WebEventTable.rule(of: table))
    var batches: [Batch] = []
    for event in events {
      builder.append(event)
      if builder.count == Batch.capacity {
        batches.append(try WebEventTable.arranged(builder.take(), for: table))
      }
    }
    if builder.count > 0 { batches.append(try WebEventTable.arranged(builder.take(), for: table)) }
    return batches
  }

  /// Writes generated events to files, one a day: raw NDJSON as it would arrive, or Parquet as it would be
  /// stored.
  ///
  /// - Returns: How many files were made.
  package static func write(
    _ generator: WebEventGenerator, toFolder folder: String, asParquet: Bool,
    in files: any FileSystem = LocalFileSystem(), progress: (Int) -> Void
  ) throws(MaintenanceError) -> Int {
    var (fileCount, written) = (0, 0)
    for day in 0..<generator.dayCount where generator.rowCount(ofDay: day) > 0 {
      let events = generator.events(ofDay: day)
      let date = ValueText.string(
        .integer(Int64(generator.lastDay) - Int64(generator.dayCount) + 1 + Int64(day)), as: .date)
      let path = FilePath.join(folder, "web-events-\(date)." + (asParquet ? "parquet" : "ndjson"))
      try MaintenanceError.reading { () throws(FileFormatError) in
        let file = try files.create(path)
        if asParquet { try writeParquet(events, to: file) } else { try writeLines(events, to: file) }
        try file.synchronize()
        try file.close()
      }
      fileCount += 1
      written += events.count
      progress(written)
    }
    return fileCount
  }

  private static func writeParquet(_ events: [WebEvent], to file: any WritableFile) throws(FileFormatError) {
    let fields = WebEventColumn.all.map { ParquetWriteField($0.name, $0.type, isRequired: $0.isRequired) }
    let writer = try ParquetWriter(schema: fields, options: ParquetWriteOptions(), to: file)
    var builder = WebEventBatchBuilder(rule: .v1)
    for event in events {
      builder.append(event)
      if builder.count == Batch.capacity { try writer.write(builder.take()) }
    }
    if builder.count > 0 { try writer.write(builder.take()) }
    _ = try writer.finish()
  }

  private static func writeLines(_ events: [WebEvent], to file: any WritableFile) throws(FileFormatError) {
    var text: [UInt8] = []
    for event in events {
      JSONWriter.append(event.rawDocument, to: &text)
      text.append(0x0A)
      if text.count > 1 << 20 {
        try file.write(text.span)
        text.removeAll(keepingCapacity: true)
      }
    }
    try file.write(text.span)
  }
}

extension WebEvent {
  /// The event in the legacy shape in which it would arrive.
  fileprivate var rawDocument: JSONValue {
    var properties: JSONObject = [:]
    func put(_ key: String, _ value: String?) { if let value { properties[key] = .string(value) } }
    put("url", pageURL)
    put("path", pagePath)
    put("title", pageTitle)
    put("search", urlSearch)
    put("hash", urlHash)
    put("spaceId", spaceID)
    put("spaceName", spaceName)
    if spaceID != nil { put("spaceType", spaceType) }
    put("spaceToken", spaceToken)
    put("roomId", roomID)
    put("roomName", roomName)
    put("community", community)
    put("building", building)
    put("floorplan", floorplan)
    if let width = screenWidth { properties["width"] = .integer(Int64(width)) }
    if let height = screenHeight { properties["height"] = .integer(Int64(height)) }
    if let point = coordinates {
      var object: JSONObject = [:]
      if let pitch = point.pitch { object["pitch"] = .double(pitch) }
      if let yaw = point.yaw { object["yaw"] = .double(yaw) }
      if let view = point.fieldOfView { object["hfov"] = .double(view) }
      properties["coordinates"] = .object(object)
    }
    var document: JSONObject = ["type": .string(eventType)]
    func add(_ key: String, _ value: String?) { if let value { document[key] = .string(value) } }
    add("event", eventName)
    document["properties"] = .object(properties)
    add("anonymousId", anonymousID)
    add("userId", userID)
    add("sessionId", sessionID)
    document["secondsUtcTS"] = .integer(secondsUTCTS ?? eventTimestamp / 1000)
    if let osName { document["os"] = .object(["name": .string(osName)]) }
    add("referrer", referrer)
    add("timezone", timezone)
    add("userAgent", userAgent)
    add("locale", locale)
    add("appId", appID)
    add("app", appName)
    return .object(document)
  }
}
