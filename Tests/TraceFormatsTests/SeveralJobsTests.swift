import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// A folder is one trace with a file per rank. Two jobs side by side would make one trace of twice
/// the workers, and a confident verdict on nothing.
@Suite("Several jobs in one folder")
struct SeveralJobsTests {
  private func jobs(_ files: [(name: String, text: String)]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for file in files { try folder.write(file.text, as: file.name) }
    return folder
  }

  /// The refusal of a folder, which must go away with `--join`.
  private func refusal(
    _ files: [(name: String, text: String)], _ options: ReadOptions = ReadOptions()
  ) throws -> TraceFormatError.Reason? {
    let folder = try jobs(files)
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: folder.path, options: options, into: CollectingSink())
    }
    var joined = options
    joined.join = true
    let sink = CollectingSink()
    _ = try readTrace(at: folder.path, options: joined, into: sink)
    #expect(sink.gradientCount > 0)
    #expect(error?.path == "\(folder.path)/\(files[1].name)")
    #expect(error?.description.contains("outpace import \(folder.path)/\(files[0].name)") == true)
    #expect(error?.description.contains("--join") == true)
    return error?.reason
  }

  private func evidence(_ reason: TraceFormatError.Reason?) -> TraceFormatError.SeveralJobs? {
    guard case .severalJobs(let evidence, _) = reason else { return nil }
    return evidence
  }

  private let ray = #"[{"cat":"task::f","ph":"X","tid":"w","pid":"h","ts":1,"dur":2}]"#

  @Test("Two timelines of Ray are two jobs")
  func rayTimelines() throws {
    let reason = try refusal([("async.json", ray), ("sync.json", ray)])
    #expect(evidence(reason) == .wholeJobs("ray"))
  }

  @Test("Two tables of rates are two jobs, whoever is in them")
  func rates() throws {
    let reason = try refusal([
      ("a.csv", "worker,rate\na,1\nb,2\n"), ("b.csv", "worker,rate\nb,1\n"),
    ])
    #expect(evidence(reason) == .wholeJobs("rates"))
  }

  private func spark(_ executor: String) -> String {
    #"{"Event":"SparkListenerTaskEnd","Stage ID":1,"Task End Reason":{"Reason":"Success"},"#
      + #""Task Info":{"Launch Time":1000,"Finish Time":1010,"Executor ID":"\#(executor)","#
      + #""Host":"h"},"Task Metrics":{"Executor Run Time":9}}"# + "\n"
  }

  @Test("Two event logs are two jobs, the files of a rolling log are one")
  func sparkLogs() throws {
    let reason = try refusal([("app-1", spark("1")), ("app-2", spark("2"))])
    #expect(evidence(reason) == .wholeJobs("spark"))
    let rolling = try jobs([
      ("eventlog_v2_app/events_1_app", spark("1")), ("eventlog_v2_app/events_2_app", spark("2")),
    ])
    let sink = CollectingSink()
    _ = try readTrace(at: rolling.path, into: sink)
    #expect(sink.workers.count == 2)
    let two = try refusal([
      ("eventlog_v2_a/events_1_a", spark("1")), ("eventlog_v2_b/events_1_b", spark("2")),
    ])
    #expect(evidence(two) == .wholeJobs("spark"))
  }

  @Test(
    "Tables that share workers are jobs of their own",
    arguments: [
      (
        "a,1\nb,2\n", "a,3\nb,4\n", "worker,duration_ns",
        TraceFormatError.SeveralJobs.sharedWorker("a")
      ),
      ("a,1\nb,2\n", "b,3\n", "worker,duration_ns", .sharedWorker("b")),
      ("a,1\n", "a,3\n", "worker,duration_ns", .noStarts("a")),
      ("a,0,10\n", "a,9,10\n", "worker,start_ns,duration_ns", .rankTwice("a")),
      ("a,0,10\nb,0,9\n", "c,10,10\nd,12,9\n", "worker,start_ns,duration_ns", .apart),
    ])
  func tables(
    first: String, second: String, header: String, expected: TraceFormatError.SeveralJobs
  ) throws {
    let reason = try refusal([("1.csv", "\(header)\n\(first)"), ("2.csv", "\(header)\n\(second)")])
    #expect(evidence(reason) == expected)
  }

  @Test("A worker's files that follow one another, and nodes side by side, are one job")
  func oneJob() throws {
    let following = try jobs([
      ("rank0-10.csv", "worker,start_ns,duration_ns\n0,100,10\n"),
      ("rank0-2.csv", "worker,start_ns,duration_ns\n0,0,100\n"),
      ("rank0-3.csv", "worker,start_ns,duration_ns\n0,110,10\n"),
      ("rank1.csv", "worker,start_ns,duration_ns\n1,0,50\n"),
    ])
    let sink = CollectingSink()
    _ = try readTrace(at: following.path, into: sink)
    #expect(sink.sorted[0].gradients.map(\.startNs) == [0, 100, 110])
    let nodes = try jobs([
      ("node0.csv", "worker,start_ns,duration_ns\n0,0,10\n1,0,10\n"),
      ("node1.csv", "worker,start_ns,duration_ns\n2,1,10\n3,1,10\n"),
    ])
    let second = CollectingSink()
    _ = try readTrace(at: nodes.path, into: second)
    #expect(second.workers.count == 4)
  }

  @Test("Joined files without starts follow one another within each worker")
  func joinedWithoutStarts() throws {
    let folder = try jobs([
      ("1.csv", "worker,duration_ns\na,5\nb,7\na,1\n"), ("2.csv", "worker,duration_ns\nb,2\na,3\n"),
      ("3.csv", "worker,duration_ns\na,4\n"),
    ])
    let sink = CollectingSink()
    _ = try readTrace(at: folder.path, options: ReadOptions(join: true), into: sink)
    #expect(sink.workers.map(\.label.text) == ["a", "b"])
    #expect(sink.workers[0].gradients.map(\.startNs) == [0, 5, 6, 9])
    #expect(sink.workers[1].gradients.map(\.startNs) == [0, 7])
  }

  @Test("Physical and relative times are never one trace")
  func units() throws {
    let folder = try jobs([
      ("1.csv", "worker,duration_ns\na,5\n"), ("2.csv", "worker,duration_relative\nb,5\n"),
    ])
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: folder.path, options: ReadOptions(join: true), into: CollectingSink())
    }
    #expect(evidence(error?.reason) == .units)
  }

  private func profile(rank: Int, of size: Int = 1, start: Int, step: Int) -> String {
    #"{"schemaVersion":1,"distributedInfo":{"rank":\#(rank),"world_size":\#(size)},"traceEvents":["#
      + #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#\#(step)","ts":\#(start),"dur":20}]}"#
  }

  @Test("Profiles of one rank at one time are of different jobs, one after the other they are one")
  func profiles() throws {
    let reason = try refusal([
      ("run1.json", profile(rank: 0, start: 100, step: 1)),
      ("run2.json", profile(rank: 0, start: 119, step: 1)),
    ])
    #expect(evidence(reason) == .rankTwice("0"))
    let spans = try jobs([
      ("1.json", profile(rank: 0, start: 100, step: 1)),
      ("2.json", profile(rank: 0, start: 120, step: 2)),
    ])
    let sink = CollectingSink()
    _ = try readTrace(at: spans.path, into: sink)
    #expect(sink.gradientCount == 2)
  }

  @Test(
    "The two runs of the real Ray corpus are refused together", needsCorpus("ray-least-squares-8"))
  func corpusRuns() throws {
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: corpus("ray-least-squares-8"), into: CollectingSink())
    }
    #expect(evidence(error?.reason) == .wholeJobs("ray"))
  }
}
