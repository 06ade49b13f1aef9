import TraceModel

/// Tells the ranks of a timeline apart, and what they and their replicas are called.
struct RankTable {
  /// A process, or one of its threads.
  private struct Place: Hashable {
    var file: Int32
    var process: Int32
    /// −1 for the process as a whole.
    var thread: Int32 = -1
  }

  /// One key's share of a label.
  private struct Part {
    var text: String
    /// What may have a name that takes the place of `text`.
    var place: Place?
  }

  private struct Rank {
    var parts: [Part]
    var replicaParts: [Part]
  }

  private static let nameLimit = 1 << 20

  private let rankKeys: [SliceKey]
  private let replicaKeys: [SliceKey]
  /// The keys in `args` that ranks and replicas need.
  let argumentKeys: [String]
  private var files: [String] = []
  /// Ranks, as the bytes of the numbers that their keys have.
  private var table = ByteTable()
  private var ranks: [Rank] = []
  private var names: [Place: String] = [:]
  private var scratch: [Int32] = []
  /// The first key that a matching slice did not have.
  private(set) var missing: String?

  init(_ options: ReadOptions) {
    rankKeys = options.rankBy.isEmpty ? [.process] : options.rankBy
    replicaKeys = options.replicaBy
    var keys: [String] = []
    for case .argument(let key) in rankKeys + replicaKeys where !keys.contains(key) {
      keys.append(key)
    }
    argumentKeys = keys
  }

  var count: Int { ranks.count }

  mutating func begin(file path: String) {
    files.append(path.split(separator: "/").last.map(String.init) ?? path)
  }

  mutating func note(missing key: SliceKey) {
    if missing == nil { missing = key.text }
  }

  /// Keeps the name of a process or thread, the first where there are several.
  mutating func take(metadata event: ChromeEvent, _ events: ChromeEvents) {
    guard let name = event.givenName, let process = event.process,
      names.count < RankTable.nameLimit
    else { return }
    var place = Place(file: Int32(files.count - 1), process: process)
    if events.name.elementsEqual("thread_name".utf8), let thread = event.thread {
      place.thread = thread
    } else if !events.name.elementsEqual("process_name".utf8) {
      return
    }
    if names[place] == nil { names[place] = events.labels.text(Int(name)).text }
  }

  /// The number of the rank that a slice belongs to; nil where it lacks a key.
  mutating func rank(of event: ChromeEvent, _ events: ChromeEvents) -> Int32? {
    scratch.removeAll(keepingCapacity: true)
    let file = Int32(files.count - 1)
    for key in rankKeys + replicaKeys {
      guard let number = number(of: key, event, events, file: file) else {
        note(missing: key)
        return nil
      }
      switch key {
      // Equal numbers in different files may have different names.
      case .processName: scratch.append(file)
      case .threadName:
        scratch.append(file)
        scratch.append(event.process ?? -1)
      case .process, .thread, .file, .argument: break
      }
      scratch.append(number)
    }
    let (index, isNew) = scratch.withUnsafeBytes { table.index(of: $0) }
    if isNew {
      ranks.append(
        Rank(
          parts: rankKeys.map { part(of: $0, event, events, file: file) },
          replicaParts: replicaKeys.map { part(of: $0, event, events, file: file) }))
    }
    return Int32(index)
  }

  /// Whether everything that the rank is named after has been seen.
  func isNamed(_ rank: Int) -> Bool {
    ranks[rank].parts.allSatisfy { part in part.place.map { names[$0] != nil } ?? true }
  }

  func labels(of rank: Int) -> (rank: WorkerLabel, replica: WorkerLabel?) {
    let rank = ranks[rank]
    return (label(rank.parts), rank.replicaParts.isEmpty ? nil : label(rank.replicaParts))
  }

  private func label(_ parts: [Part]) -> WorkerLabel {
    WorkerLabel(
      parts.map { part in part.place.flatMap { names[$0] } ?? part.text }.joined(separator: "/"))
  }

  private func number(
    of key: SliceKey, _ event: ChromeEvent, _ events: ChromeEvents, file: Int32
  ) -> Int32? {
    switch key {
    case .process, .processName: event.process
    case .thread, .threadName: event.thread
    case .file: file
    case .argument(let name):
      argumentKeys.firstIndex(of: name).flatMap { events.arguments[$0] }
    }
  }

  private func part(
    of key: SliceKey, _ event: ChromeEvent, _ events: ChromeEvents, file: Int32
  ) -> Part {
    // The number of a file is no entry of the labels.
    if key == .file { return Part(text: files[Int(file)]) }
    let number = number(of: key, event, events, file: file)
    let text = number.map { events.labels.text(Int($0)).text } ?? ""
    return switch key {
    case .process, .thread, .argument, .file: Part(text: text)
    case .processName: Part(text: text, place: event.process.map { Place(file: file, process: $0) })
    case .threadName:
      Part(
        text: text,
        place: event.process.map { process in
          Place(file: file, process: process, thread: event.thread ?? -1)
        })
    }
  }
}
