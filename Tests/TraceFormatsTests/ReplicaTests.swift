import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// A rank of two replicas of two tensor-parallel ranks each: ranks 0 and 1, and 2 and 3. Its step of
/// 1000 µs has a kernel, a collective of 100 within the replica, and one over the replicas.
private func profile(rank: Int, gradientCollective: Int, dataParallel: String = "mesh_dp") -> String
{
  let tensor = rank < 2 ? "[0,1]" : "[2,3]"
  let data = rank % 2 == 0 ? "[0,2]" : "[1,3]"
  let groups = [
    #"{"pg_name":"0","pg_desc":"default_pg","pg_size":4,"ranks":[0,1,2,3]}"#,
    #"{"pg_name":"1","pg_desc":"mesh_tp","pg_size":2,"ranks":\#(tensor)}"#,
    #"{"pg_name":"2","pg_desc":"\#(dataParallel)","pg_size":2,"ranks":\#(data)}"#,
  ].joined(separator: ",")
  let start = 1000 - gradientCollective
  let events = [
    #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#7","ts":0,"dur":1000}"#,
    #"{"ph":"X","cat":"kernel","name":"gemm","ts":0,"dur":300}"#,
    #"{"ph":"X","cat":"kernel","name":"ncclDevKernel_AllReduce","ts":300,"dur":100,"args":{"Process Group Name":"1"}}"#,
    #"{"ph":"X","cat":"kernel","args":{"Process Group Name":"2"},"name":"ncclDevKernel_AllReduce","ts":\#(start),"dur":\#(gradientCollective)}"#,
  ].joined(separator: ",")
  return
    #"{"schemaVersion":1,"distributedInfo":{"rank":\#(rank),"world_size":4,"pg_config":[\#(groups)]},"traceEvents":[\#(events)]}"#
}

/// Own times 600, 500, 850 and 900 µs where the collective within the replica counts as computing.
private let collectives = [400, 500, 150, 100]

@Suite("Replicas of several ranks")
struct ReplicaTests {
  private func read(
    _ map: ReplicaMap?, dataParallel: String = "mesh_dp"
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    let folder = try TemporaryFolder()
    for (rank, time) in collectives.enumerated() {
      try folder.write(
        profile(rank: rank, gradientCollective: time, dataParallel: dataParallel),
        as: "rank\(rank).json")
    }
    let sink = CollectingSink()
    do {
      let facts = try readTrace(at: folder.path, options: ReadOptions(map: map), into: sink)
      return (sink, facts)
    } catch var error as TraceFormatError {
      error.path = error.path.split(separator: "/").last.map(String.init) ?? ""
      throw error
    }
  }

  /// Replica 0 is rank 0 (600, exposed 400), replica 1 is rank 3 (900, exposed 100).
  @Test(
    "The slowest rank of a replica decides, and collectives within it are computing",
    arguments: [
      ReplicaMap.dataParallel, .table(["0": "0", "1": "0", "2": "1", "3": "1"]),
    ])
  func slowest(map: ReplicaMap) throws {
    let (sink, facts) = try read(map)
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(
            startNs: 0, durationNs: 600_000, waitNs: 300_000, turnaroundNs: 100_000, step: 7)
        ],
        [
          GradientInterval(
            startNs: 0, durationNs: 900_000, waitNs: 0, turnaroundNs: 100_000, step: 7)
        ],
      ])
    #expect(facts.notes.contains("2 steps on 2 replicas of 4 of 4 ranks"))
    #expect(sink.issues.isEmpty)
  }

  /// Without replicas all collectives count: 500 of 1000 µs are left for rank 0.
  @Test("On request each rank is a worker")
  func ranks() throws {
    let (sink, _) = try read(.ranks)
    #expect(sink.sorted.map { $0.gradients[0].durationNs } == [500_000, 400_000, 750_000, 800_000])
  }

  @Test("Without a map a job that may divide its model is refused")
  func refused() {
    let error = #expect(throws: TraceFormatError.self) { try read(nil) }
    #expect(
      error?.description
        == "rank0.json: ranks of this job of 4 may share the work of a gradient: it has the"
        + " smaller groups mesh_tp (2), mesh_dp (2). Say which ranks are one replica by --map FILE"
        + " with lines “rank replica”, by --map dp if a group is called data-parallel, or --map"
        + " rank if each rank computes whole gradients.")
  }

  @Test("Collectives that name no group are counted as an issue")
  func groupless() throws {
    let text = profile(rank: 0, gradientCollective: 400)
      .replacingOccurrences(of: "Process Group Name", with: "Other")
    let (sink, _) = try TraceFormatsTests.read(text, as: "x", ReadOptions(map: .dataParallel))
    #expect(sink.issue("group-unknown")?.count == 2)
    #expect(sink.workers[0].gradients[0].durationNs == 500_000)
  }

  @Test("What a map lacks is named")
  func incomplete() {
    let unknown = #expect(throws: TraceFormatError.self) {
      try read(.dataParallel, dataParallel: "group_7")
    }
    #expect(
      unknown?.description
        == "rank0.json: the file names no data-parallel group of its rank. Write the replica of"
        + " each rank into a file, one “rank replica” a line, and give it by --map FILE.")
    let short = #expect(throws: TraceFormatError.self) { try read(.table(["0": "a", "1": "a"])) }
    #expect(
      short?.description
        == "rank2.json: --map says no replica for the rank 2. Add a line “2 REPLICA”.")
  }

  @Test("Maps are parsed, and wrong lines are named")
  func parsing() throws {
    #expect(try ReplicaMap(parsing: "rank") == .ranks)
    #expect(try ReplicaMap(parsing: "dp") == .dataParallel)
    let folder = try TemporaryFolder()
    let path = try folder.write("# rank replica\n0 a\n\n1\tb  # slow\n0,a\n", as: "map")
    #expect(try ReplicaMap(parsing: path) == .table(["0": "a", "1": "b"]))
    for (text, message) in [
      ("0 a\n1\n", ":2: a line has to have a rank and its replica, such as “3 0”."),
      (
        "0 a\n0 b\n",
        ":2: rank 0 is in replica b, and above in replica a. Keep one of the two lines."
      ),
    ] {
      let path = try folder.write(text, as: "bad")
      let error = #expect(throws: TraceFormatError.self) { try ReplicaMap(parsing: path) }
      #expect(error?.description == path + message)
    }
  }
}
