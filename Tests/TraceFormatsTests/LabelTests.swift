import ByteStreams
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// Labels of at most 1 KiB as bytes, and of more than that once each byte is a Latin-1 letter of two.
@Suite("Labels that grow")
struct LabelTests {
  /// 513 bytes of é become 1026.
  private static let grown = [UInt8](repeating: 0xe9, count: 513)
  private static let fitting = [UInt8](repeating: 0xe9, count: 512)

  private func bytes(_ before: String, _ label: [UInt8], _ after: String) -> [UInt8] {
    Array(before.utf8) + label + Array(after.utf8)
  }

  private func refusal(_ bytes: [UInt8], _ options: ReadOptions = ReadOptions()) -> String? {
    do {
      _ = try read(bytes, as: "x", options)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static let message =
    "the worker's name has 1026 bytes; at most 1024 are allowed. Is this the right column?"

  @Test("A table is refused with the line")
  func tables() throws {
    let start = "worker,duration_ns\na,5\n"
    #expect(refusal(bytes(start, Self.grown, ",5\nb,5\n")) == "x:3: \(Self.message)")
    #expect(
      refusal(bytes("{\"worker\":\"", Self.grown, "\",\"duration_ns\":5}\n"))
        == "x:1: \(Self.message)")
    let pattern = ReadOptions(
      format: .log, pattern: "worker (?<worker>\\S+) took (?<duration>\\d+)")
    #expect(
      refusal(bytes("\nworker ", Self.grown, " took 5\n"), pattern) == "x:2: \(Self.message)")
    let (sink, _) = try read(bytes(start, Self.fitting, ",5\nb,5\n"))
    #expect(sink.workers.map(\.label.text.utf8.count) == [1, 1024, 1])
  }

  @Test("A last line that is dropped for its label leaves no worker behind")
  func lastLine() throws {
    let (sink, _) = try read(bytes("worker,duration_ns\na,5\n", Self.grown, ",5"))
    #expect(sink.workers.map(\.label.text) == ["a"])
    #expect(sink.issue("unterminated-line-dropped")?.firstPlace == "x:3")
  }

  /// As one whose bytes are too many from the start.
  @Test("An event of a timeline is left out and counted, with its place")
  func timelines() throws {
    let ray = bytes(
      #"[{"cat":"task::f","ph":"X","pid":"h","tid":"a","ts":1,"dur":2},{"cat":"task::f","ph":"X","tid":""#,
      Self.grown, #"","ts":1,"dur":2}]"#)
    let (timeline, _) = try read(ray)
    #expect(timeline.workers.map(\.label.text) == ["a"])
    #expect(timeline.issue("bad-event")?.firstPlace == "x: byte 63")
    func task(_ executor: [UInt8]) -> [UInt8] {
      bytes(
        #"{"Event":"SparkListenerTaskEnd","Stage ID":1,"Task End Reason":{"Reason":"Success"},"#
          + #""Task Info":{"Launch Time":1,"Finish Time":9,"Executor ID":""#, executor,
        #""},"Task Metrics":{"Executor Run Time":8}}"# + "\n")
    }
    let (log, _) = try read(task([0x61]) + task(Self.grown))
    #expect(log.workers.map(\.label.text) == ["a"])
    #expect(log.issue("bad-event")?.firstPlace == "x:2")
  }

  @Test("A Chrome trace and a map are refused with the file")
  func others() throws {
    let trace = bytes(
      #"[{"name":"f","ph":"X","pid":1,"tid":1,"ts":1,"dur":2,"args":{"r":""#, Self.grown, #""}}]"#)
    let options = ReadOptions(event: "f", rankBy: [.argument("r")])
    #expect(refusal(trace, options) == "x: \(Self.message)")
    let folder = try TemporaryFolder()
    let map = try folder.write(bytes("0 a\n1 ", Self.grown, "\n"), as: "map")
    let error = #expect(throws: TraceFormatError.self) { try ReplicaMap(parsing: map) }
    #expect(error?.description == "\(map):2: \(Self.message)")
  }
}
