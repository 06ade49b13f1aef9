import Foundation

/// Reads a file of Chrome trace events as strictly as the format's documentation allows, and binds
/// arrows to slices as Perfetto does.
///
/// What is checked: the text is JSON; every event has what its phase asks for; times are whole
/// nanoseconds; processes and threads are named once, and no thread's number is used twice or is that
/// of a process; the events of a thread come in order of time and its slices nest; every arrow has one
/// beginning and one end, in order of time, each inside of a slice; counters are numbers.
public struct TimelineChecker {
  public struct Slice: Hashable {
    public var process: String
    public var thread: String
    public var name: String
    public var startNs: Int64
    public var endNs: Int64
    public var arguments: [String: Double]
  }

  public struct Counter: Hashable {
    public var process: String
    public var name: String
    public var timeNs: Int64
    public var value: Double
  }

  /// In the order of the file.
  public private(set) var slices: [Slice] = []
  public private(set) var counters: [Counter] = []
  /// The slices of each arrow, from its beginning to its end.
  public private(set) var arrows: [[Slice]] = []
  /// In order of their numbers.
  public private(set) var processes: [String] = []
  /// What is wrong; empty for a good file.
  public private(set) var problems: [String] = []

  private struct Event: Decodable {
    var ph: String
    var name: String
    var pid: Int
    var tid: Int?
    var ts: Decimal?
    var dur: Decimal?
    var cat: String?
    var id: Int?
    var bp: String?
    var args: [String: Argument]?

    enum Argument: Decodable {
      case number(Double)
      case text(String)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }
  }

  private struct File: Decodable {
    var displayTimeUnit: String
    var traceEvents: [Event]
  }

  private struct Track: Hashable {
    var pid: Int
    var tid: Int
  }

  /// - Parameter json: unpacked.
  public init(_ json: Data) throws {
    let file = try JSONDecoder().decode(File.self, from: json)
    if !["ms", "ns"].contains(file.displayTimeUnit) { problems.append("displayTimeUnit") }
    let (processNames, threadNames) = names(in: file.traceEvents)
    processes = processNames.sorted { $0.key < $1.key }.map(\.value)
    readSlices(file.traceEvents, processNames, threadNames)
    bindArrows(file.traceEvents, processNames, threadNames)
  }

  private mutating func names(in events: [Event]) -> ([Int: String], [Track: String]) {
    var processes: [Int: String] = [:]
    var threads: [Track: String] = [:]
    for event in events where event.ph == "M" {
      guard case .text(let name)? = event.args?["name"] else {
        guard event.name.hasSuffix("_sort_index"), case .number? = event.args?["sort_index"] else {
          problems.append("metadata \(event.name)")
          continue
        }
        continue
      }
      switch event.name {
      case "process_name":
        if processes.updateValue(name, forKey: event.pid) != nil {
          problems.append("process \(event.pid) is named twice")
        }
      case "thread_name":
        let track = Track(pid: event.pid, tid: event.tid ?? 0)
        if threads.updateValue(name, forKey: track) != nil {
          problems.append("thread \(track) is named twice")
        }
      default: problems.append("metadata \(event.name)")
      }
    }
    let numbers = threads.keys.map(\.tid)
    if Set(numbers).count < numbers.count { problems.append("a thread's number is used twice") }
    if !Set(numbers).isDisjoint(with: processes.keys) {
      problems.append("a thread has a process's number")
    }
    return (processes, threads)
  }

  private mutating func readSlices(
    _ events: [Event], _ processNames: [Int: String], _ threadNames: [Track: String]
  ) {
    var lastTimes: [Track: Int64] = [:]
    var open: [Track: [Int64]] = [:]
    for event in events where event.ph != "M" {
      let timeNs = nanoseconds(event.ts, event.name)
      guard let process = processNames[event.pid] else {
        problems.append("process \(event.pid) has no name")
        continue
      }
      if event.ph == "C" {
        let track = Track(pid: event.pid, tid: -event.name.count)
        if timeNs < lastTimes[track] ?? 0 { problems.append("\(event.name) goes back in time") }
        lastTimes[track] = timeNs
        for (name, value) in event.args ?? [:] {
          guard case .number(let number) = value, number.isFinite else {
            problems.append("counter \(name) is no number")
            continue
          }
          counters.append(
            Counter(process: process, name: event.name, timeNs: timeNs, value: number))
        }
        if event.args?.count != 1 { problems.append("counter \(event.name) has not one value") }
        continue
      }
      let track = Track(pid: event.pid, tid: event.tid ?? 0)
      guard let thread = threadNames[track] else {
        problems.append("thread \(track) has no name")
        continue
      }
      guard event.cat != nil else {
        problems.append("\(event.name) has no category")
        continue
      }
      guard event.ph == "X" else { continue }
      if timeNs < lastTimes[track] ?? 0 { problems.append("\(thread) goes back in time") }
      lastTimes[track] = timeNs
      let endNs = timeNs + nanoseconds(event.dur, event.name)
      open[track, default: []].removeAll { $0 <= timeNs }
      if let around = open[track]?.last, around < endNs {
        problems.append("\(event.name) at \(timeNs) ns on \(thread) ends outside of its parent")
      }
      open[track, default: []].append(endNs)
      slices.append(
        slice(event, process, thread, timeNs, endNs))
    }
  }

  private func slice(
    _ event: Event, _ process: String, _ thread: String, _ startNs: Int64, _ endNs: Int64
  ) -> Slice {
    var numbers: [String: Double] = [:]
    for (name, value) in event.args ?? [:] {
      if case .number(let number) = value { numbers[name] = number }
    }
    return Slice(
      process: process, thread: thread, name: event.name, startNs: startNs, endNs: endNs,
      arguments: numbers)
  }

  /// In Perfetto's order: by time, then longer slices first and all other events behind them, then by
  /// place in the file. An event is bound to the slice that began last on its thread and has not ended
  /// before it.
  private mutating func bindArrows(
    _ events: [Event], _ processNames: [Int: String], _ threadNames: [Track: String]
  ) {
    struct Key: Hashable {
      var category: String
      var name: String
      var id: Int
    }
    var stacks: [Track: [Slice]] = [:]
    var bound: [Key: [Slice]] = [:]
    var order: [Key] = []
    var ended: Set<Key> = []
    let timed = events.filter { $0.ph != "M" && $0.ph != "C" }.enumerated()
      .map { place, event in
        (
          timeNs: nanoseconds(event.ts, ""),
          rank: event.ph == "X" ? -nanoseconds(event.dur, "") : 0, place: place, event: event
        )
      }
      .sorted { ($0.timeNs, $0.rank, $0.place) < ($1.timeNs, $1.rank, $1.place) }
    for (timeNs, _, _, event) in timed {
      let track = Track(pid: event.pid, tid: event.tid ?? 0)
      if event.ph == "X" {
        stacks[track, default: []].removeAll { $0.endNs <= timeNs }
        stacks[track, default: []].append(
          slice(
            event, processNames[event.pid] ?? "", threadNames[track] ?? "", timeNs,
            timeNs + nanoseconds(event.dur, "")))
        continue
      }
      guard ["s", "t", "f"].contains(event.ph) else {
        problems.append("phase \(event.ph)")
        continue
      }
      guard let id = event.id, event.bp == "e" else {
        problems.append("an arrow without id or binding point")
        continue
      }
      let key = Key(category: event.cat ?? "", name: event.name, id: id)
      guard let slice = stacks[track]?.last, slice.startNs <= timeNs, timeNs <= slice.endNs else {
        problems.append("arrow \(id) is bound to nothing at \(timeNs) ns")
        continue
      }
      if event.ph == "s" {
        if bound[key] != nil { problems.append("arrow \(id) begins twice") }
        order.append(key)
      } else if bound[key] == nil || ended.contains(key) {
        problems.append("arrow \(id) goes on without a beginning, or after its end")
      }
      if event.ph == "f" { ended.insert(key) }
      bound[key, default: []].append(slice)
    }
    for key in order where !ended.contains(key) { problems.append("arrow \(key.id) has no end") }
    arrows = order.compactMap { bound[$0] }
  }

  private mutating func nanoseconds(_ microseconds: Decimal?, _ name: String) -> Int64 {
    guard let microseconds else {
      problems.append("\(name) has no time")
      return 0
    }
    let text = "\(microseconds * 1000)"
    guard let number = Int64(text), number >= 0 else {
      problems.append("\(name): \(text) ns is no time")
      return 0
    }
    return number
  }
}
