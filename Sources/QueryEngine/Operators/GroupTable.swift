internal import Columnar

/// Numbers the distinct combinations of key values from 1.
///
/// A slot of the hash table holds the 16 highest bits of the hash and the number of the group; 0 is empty.
/// Keys lie apart, column by column. Where keys have few possible values (dictionaries, constants, booleans,
/// integers of small range), a table from their combined codes to groups is asked first, so that neither
/// values are hashed nor compared.
final class GroupTable {
  let types: [LogicalType]
  let stores: [GroupKeyStore]
  /// The hash of each group's key.
  private(set) var hashes: [UInt64] = [0]
  private(set) var slots: [UInt64]
  private var codeTable: GroupCodeTable
  private var rowHashes: [UInt64] = []
  private var positions: [Int] = []
  /// What reading ahead has read, so that it is not optimised away.
  private var touched: UInt64 = 0
  /// For tests: keeps so many bits of each hash.
  private let hashMask: UInt64

  /// Makes a table for keys of `types`; the constant keys of `hashMask` other than all ones are for tests.
  init(_ types: [LogicalType], hashMask: UInt64 = .max) {
    self.types = types
    self.hashMask = hashMask
    stores = types.map { GroupKeyStore.make($0) }
    slots = [UInt64](repeating: 0, count: 1024)
    codeTable = GroupCodeTable()
  }

  /// One more than the highest group.
  var endGroup: Int { hashes.count }

  /// Bytes held, roughly.
  var byteCount: Int {
    stores.reduce(slots.count * 8 + hashes.count * 8) { $0 + $1.byteCount } + codeTable.byteCount
  }

  /// Returns the keys of groups.
  func keys(_ groups: [UInt32]) -> [Vector] { stores.map { $0.vector(groups) } }

  /// Writes the group of each row; rows that `mask` lacks get 0.
  ///
  /// - Returns: The group of all rows, if it is known to be only one; `groups` is not written then.
  func assign(_ keys: [Vector], rowCount: Int, mask: Bitmap?, into groups: inout [UInt32]) -> Int? {
    if keys.allSatisfy({ $0.encoding == .constant }) { return groupOfConstants(keys) }
    if groups.count != rowCount { groups = [UInt32](repeating: 0, count: rowCount) }
    if codeTable.prepare(keys, types, rowCount: rowCount, mask) {
      let missing = codeTable.lookUp(rowCount, mask, &groups)
      if !missing.isEmpty {
        let some = keys.map { $0.taking(missing.span) }
        var found = [UInt32](repeating: 0, count: missing.count)
        assignByHash(some, rowCount: missing.count, mask: nil, &found)
        codeTable.note(missing, found, &groups)
      }
      if let mask { Kernels.clearUnselected(&groups, mask) }
      return nil
    }
    assignByHash(keys, rowCount: rowCount, mask: mask, &groups)
    return nil
  }

  /// Returns the group of keys without columns, made if need be.
  private func groupOfConstants(_ keys: [Vector]) -> Int {
    if let group = codeTable.constantGroup(keys) { return group }
    var found: [UInt32] = [0]
    let one: [UInt32] = [0]
    if keys.isEmpty {
      if endGroup == 1 { hashes.append(0) }
      return 1
    }
    assignByHash(keys.map { $0.flattened().taking(one.span) }, rowCount: 1, mask: nil, &found)
    codeTable.noteConstants(keys, group: Int(found[0]))
    return Int(found[0])
  }

  /// Writes the hash of each row's keys.
  static func hash(_ keys: [Vector], into hashes: inout [UInt64]) {
    Kernels.hash(keys[0], into: &hashes)
    var more: [UInt64] = []
    for key in keys.dropFirst() {
      Kernels.hash(key, into: &more)
      for row in hashes.indices { hashes[row] = Kernels.combine(hashes[row], more[row]) }
    }
  }

  /// Tells whether the texts of further groups stay where they are, in pages that another table keeps anyway.
  func adoptTexts(_ adopts: Bool) {
    for store in stores { (store as? StringKeyStore)?.adoptsTexts = adopts }
  }

  /// Finds or makes groups by hashing.
  func assignByHash(_ keys: [Vector], rowCount: Int, mask: Bitmap?, _ groups: inout [UInt32]) {
    var hashes = take(&rowHashes)
    defer { swap(&hashes, &rowHashes) }
    GroupTable.hash(keys, into: &hashes)
    if hashMask != .max { for row in 0..<rowCount { hashes[row] &= hashMask } }
    assign(keys.map { $0.flattened() }, hashes, mask: mask, &groups)
  }

  /// Finds or makes groups of flat keys whose hashes are known.
  func assign(_ keys: [Vector], _ hashes: [UInt64], mask: Bitmap?, _ groups: inout [UInt32]) {
    let rowCount = hashes.count
    reserve(rowCount)
    if keys.count == 1 && keys[0].validity == nil {
      let key = keys[0]
      if let store = stores[0] as? ValueKeyStore<Int64>, store.isNull.isEmpty {
        return assignValues(store, key.int64s, hashes, mask, &groups)
      }
      if let store = stores[0] as? ValueKeyStore<Int32>, store.isNull.isEmpty {
        return assignValues(store, key.int32s, hashes, mask, &groups)
      }
      if let store = stores[0] as? ValueKeyStore<Int128>, store.isNull.isEmpty {
        return assignValues(store, key.int128s, hashes, mask, &groups)
      }
      if let store = stores[0] as? StringKeyStore, store.isNull.isEmpty {
        if store.adoptsTexts { store.adoptPages(of: key) }
        return assignStrings(store, key.strings, hashes, mask, &groups)
      }
    }
    assignColumns(keys, hashes, mask, &groups)
  }

  private func assignValues<Value: GroupKeyValue>(
    _ store: ValueKeyStore<Value>, _ values: Span<Value>, _ hashes: [UInt64], _ mask: Bitmap?,
    _ groups: inout [UInt32]
  ) {
    var groupHashes = take(&self.hashes)
    var slots = take(&self.slots)
    var stored = take(&store.values)
    let wrap = slots.count &- 1
    var room = slots.mutableSpan
    var out = groups.mutableSpan
    if mask != nil { for row in out.indices { out[row] = 0 } }
    let maskWords = mask?.words
    for row in values.indices {
      if let maskWords, maskWords[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 0 { continue }
      let (hash, value) = (hashes[row], values[row])
      let salt = hash &>> 48
      var index = Int(truncatingIfNeeded: hash) & wrap
      while true {
        let slot = room[index]
        if slot == 0 {
          let group = stored.count
          room[index] = salt &<< 48 | UInt64(group)
          stored.append(value.representative)
          groupHashes.append(hash)
          out[row] = UInt32(truncatingIfNeeded: group)
          break
        }
        if slot &>> 48 == salt {
          let group = Int(slot & 0xFFFF_FFFF_FFFF)
          if Value.areSame(stored[group], value) {
            out[row] = UInt32(truncatingIfNeeded: group)
            break
          }
        }
        index = (index &+ 1) & wrap
      }
    }
    swap(&groupHashes, &self.hashes)
    swap(&slots, &self.slots)
    swap(&stored, &store.values)
  }

  private func assignStrings(
    _ store: StringKeyStore, _ values: Span<StringView>, _ hashes: [UInt64], _ mask: Bitmap?,
    _ groups: inout [UInt32]
  ) {
    var groupHashes = take(&self.hashes)
    var slots = take(&self.slots)
    var stored = take(&store.values)
    let arena = store.arena
    let adoptsTexts = store.adoptsTexts
    let wrap = slots.count &- 1
    var room = slots.mutableSpan
    var out = groups.mutableSpan
    if mask != nil { for row in out.indices { out[row] = 0 } }
    let maskWords = mask?.words
    if GroupTable.isFarAway(room.count) {
      var seen: UInt32 = 0
      for row in values.indices {
        let slot = room[Int(truncatingIfNeeded: hashes[row]) & wrap]
        seen |= stored[Int(slot & 0xFFFF_FFFF_FFFF)].prefix
      }
      touched = UInt64(seen)
    }
    for row in values.indices {
      if let maskWords, maskWords[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 0 { continue }
      let (hash, value) = (hashes[row], values[row])
      let salt = hash &>> 48
      var index = Int(truncatingIfNeeded: hash) & wrap
      while true {
        let slot = room[index]
        if slot == 0 {
          let group = stored.count
          room[index] = salt &<< 48 | UInt64(group)
          stored.append(adoptsTexts ? value : arena.copy(value))
          groupHashes.append(hash)
          out[row] = UInt32(truncatingIfNeeded: group)
          break
        }
        if slot &>> 48 == salt {
          let group = Int(slot & 0xFFFF_FFFF_FFFF)
          if stored[group] == value {
            out[row] = UInt32(truncatingIfNeeded: group)
            break
          }
        }
        index = (index &+ 1) & wrap
      }
    }
    swap(&groupHashes, &self.hashes)
    swap(&slots, &self.slots)
    swap(&stored, &store.values)
  }

  /// Whether so many slots are more than the nearer caches hold: then those that a batch needs are read ahead, in a loop
  /// without branches, so that many are waited for together.
  static func isFarAway(_ slotCount: Int) -> Bool { slotCount > 32_768 }

  /// Rounds of: find the next slot of each row, make groups at empty slots, compare the others by column.
  private func assignColumns(
    _ keys: [Vector], _ hashes: [UInt64], _ mask: Bitmap?, _ groups: inout [UInt32]
  ) {
    let rowCount = hashes.count
    var pending: [UInt32] = []
    pending.reserveCapacity(rowCount)
    if mask != nil { for row in groups.indices { groups[row] = 0 } }
    Kernels.forEachRow(mask, count: rowCount) { row in pending.append(UInt32(truncatingIfNeeded: row)) }
    if positions.count < rowCount { positions = [Int](repeating: 0, count: rowCount) }
    let wrap = slots.count - 1
    for row in pending { positions[Int(row)] = Int(truncatingIfNeeded: hashes[Int(row)]) & wrap }
    var candidates: [UInt32] = []
    var fresh: [UInt32] = []
    while !pending.isEmpty {
      candidates.removeAll(keepingCapacity: true)
      fresh.removeAll(keepingCapacity: true)
      probe(pending, hashes, wrap, &candidates, &fresh, &groups)
      if !fresh.isEmpty { for index in stores.indices { stores[index].append(keys[index], rows: fresh) } }
      pending.removeAll(keepingCapacity: true)
      for index in stores.indices where !candidates.isEmpty {
        stores[index].keepMatches(keys[index], groups: groups, rows: &candidates, mismatches: &pending)
      }
      for row in pending { positions[Int(row)] = (positions[Int(row)] + 1) & wrap }
    }
  }

  private func probe(
    _ pending: [UInt32], _ hashes: [UInt64], _ wrap: Int, _ candidates: inout [UInt32],
    _ fresh: inout [UInt32], _ groups: inout [UInt32]
  ) {
    var taken = take(&slots)
    var places = take(&positions)
    var room = taken.mutableSpan
    if GroupTable.isFarAway(room.count) {
      var seen: UInt64 = 0
      for row in pending { seen |= room[places[Int(row)]] }
      touched = seen
    }
    for row in pending {
      let hash = hashes[Int(row)]
      let salt = hash &>> 48
      var index = places[Int(row)]
      while true {
        let slot = room[index]
        if slot == 0 {
          let group = self.hashes.count
          room[index] = salt &<< 48 | UInt64(group)
          self.hashes.append(hash)
          groups[Int(row)] = UInt32(truncatingIfNeeded: group)
          fresh.append(row)
          break
        }
        if slot &>> 48 == salt {
          groups[Int(row)] = UInt32(truncatingIfNeeded: slot & 0xFFFF_FFFF)
          candidates.append(row)
          break
        }
        index = (index &+ 1) & wrap
      }
      places[Int(row)] = index
    }
    swap(&taken, &slots)
    swap(&places, &positions)
  }

  /// Bytes that are taken at once when room is made for `count` more groups.
  func growthByteCount(adding count: Int) -> Int {
    let size = slotCount(adding: count)
    return size > slots.count ? size * 8 : 0
  }

  private func slotCount(adding count: Int) -> Int {
    let wanted = (hashes.count + count) * 3 / 2
    var size = slots.count
    guard wanted > size else { return size }
    while size < wanted { size *= 2 }
    // Of many groups many more are expected, as long as the room for them is no great loss.
    return hashes.count > 65_536 && size <= 1 << 21 ? size * 2 : size
  }

  /// Makes room for `count` more groups at a load of at most two thirds.
  private func reserve(_ count: Int) {
    let size = slotCount(adding: count)
    guard size > slots.count else { return }
    var larger = [UInt64](repeating: 0, count: size)
    var room = larger.mutableSpan
    let wrap = size &- 1
    for group in 1..<max(1, hashes.count) {
      let hash = hashes[group]
      var index = Int(truncatingIfNeeded: hash) & wrap
      while room[index] != 0 { index = (index &+ 1) & wrap }
      room[index] = (hash &>> 48) &<< 48 | UInt64(group)
    }
    slots = larger
  }
}
