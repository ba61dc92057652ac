/// The objects of a history, each decoded when it is asked for.
public struct HistoryEntries<Element: Sendable>: Sendable {
  private let runs: [EncodedRun]
  /// How many objects are in the runs before each.
  private let firsts: [Int]
  /// The number of objects.
  public let count: Int
  private let codec: HistoryCodec<Element>

  init(_ runs: [EncodedRun], _ codec: HistoryCodec<Element>) {
    var (firsts, count) = ([Int](), 0)
    for run in runs {
      firsts.append(count)
      count += run.places.count
    }
    (self.runs, self.firsts, self.count, self.codec) = (runs, firsts, count, codec)
  }

  /// The snapshots that the objects are about, in order.
  public var ids: [SnapshotID] {
    var ids: [SnapshotID] = []
    ids.reserveCapacity(count)
    for run in runs { for place in run.places { ids.append(place.id) } }
    return ids
  }

  /// The snapshot that the object at a place is about.
  func id(at position: Int) -> SnapshotID {
    let run = run(of: position)
    return runs[run].places[position - firsts[run]].id
  }

  private func run(of position: Int) -> Int {
    var (low, high) = (0, runs.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if firsts[middle] <= position { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

extension HistoryEntries: RandomAccessCollection {
  /// The first index.
  public var startIndex: Int { 0 }
  /// The number of objects.
  public var endIndex: Int { count }

  /// The object at a place, decoded.
  public subscript(position: Int) -> Element {
    let run = run(of: position)
    return codec.decode(runs[run].text, runs[run].places[position - firsts[run]].range)
  }
}
