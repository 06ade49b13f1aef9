import ByteStreams
import TraceModel

/// Which ranks compute one gradient together.
///
/// With tensor or pipeline parallelism the ranks of a model share each gradient: the workers of
/// asynchronous SGD are then the replicas of the model, and the slowest rank decides how long one
/// takes.
public enum ReplicaMap: Hashable, Sendable {
  /// Each rank computes whole gradients.
  case ranks
  /// The ranks at the same place of all data-parallel groups, as the files name these groups.
  case dataParallel
  /// The replica of each rank, both by label.
  case table([String: String])

  /// Reads `rank`, `dp`, or the path of a file with a rank and its replica in each line.
  ///
  /// Empty lines, and what follows a `#`, are passed over.
  public init(parsing text: String) throws {
    switch text {
    case "rank": self = .ranks
    case "dp": self = .dataParallel
    default: self = .table(try ReplicaMap.table(LineReader(path: text)))
    }
  }

  static func table(_ lines: consuming LineReader) throws -> [String: String] {
    var table: [String: String] = [:]
    while let line = try lines.next() {
      let text = decodedText(line).text.prefix { $0 != "#" }
      let words = text.split { $0 == " " || $0 == "\t" || $0 == "," }.map(String.init)
      guard !words.isEmpty else { continue }
      guard words.count == 2, table.count < 1 << 20 else {
        throw TraceFormatError(
          reason: .badMapLine, path: lines.path, place: .line(lines.lineNumber))
      }
      let byteSize = words[1].utf8.count
      guard byteSize <= WorkerLabel.byteSizeLimit else {
        throw TraceFormatError(
          reason: .labelTooLong(byteSize: byteSize), path: lines.path,
          place: .line(lines.lineNumber))
      }
      if let known = table.updateValue(words[1], forKey: words[0]), known != words[1] {
        throw TraceFormatError(
          reason: .mappedTwice(rank: words[0], first: known, second: words[1]), path: lines.path,
          place: .line(lines.lineNumber))
      }
    }
    return table
  }
}

/// A group of ranks that run collectives together, as a profile lists it.
struct ProcessGroup {
  var name = ""
  var description = ""
  var size: Int64 = 0
  var ranks: [Int64] = []

  /// What the frameworks call the groups that average gradients, in lower case.
  private static let dataParallelNames: Set<String> = [
    "data_parallel_group", "data_parallel", "dp_group", "mesh_dp", "dp",
  ]

  var isDataParallel: Bool {
    ProcessGroup.dataParallelNames.contains(description.lowercased())
  }

  /// More than one rank and not all of them: somebody divides more than the data.
  func isPart(of worldSize: Int64) -> Bool { size > 1 && size < worldSize }
}

extension [ProcessGroup] {
  /// The replica of `rank`: its place in its data-parallel group, if there is exactly one.
  func replica(of rank: Int64) -> Int? {
    var groups = filter { $0.isDataParallel && $0.ranks.contains(rank) }
    guard groups.count == 1, let group = groups.popLast() else { return nil }
    return group.ranks.firstIndex(of: rank)
  }

  /// The names of the groups within a replica: what `rank` does with them is part of computing.
  func namesInside(replicaOf rank: Int64, by map: ReplicaMap?) -> Set<[UInt8]> {
    let inner: [ProcessGroup]
    switch map {
    case nil, .ranks: return []
    case .dataParallel:
      guard let shared = first(where: { $0.isDataParallel && $0.ranks.contains(rank) }) else {
        return []
      }
      let others = Set(shared.ranks).subtracting([rank])
      inner = filter { others.isDisjoint(with: $0.ranks) }
    case .table(let table):
      let replica = table["\(rank)"]
      inner = filter { group in group.ranks.allSatisfy { table["\($0)"] == replica } }
    }
    return Set(inner.filter { !$0.ranks.isEmpty }.map { [UInt8]($0.name.utf8) })
  }
}
