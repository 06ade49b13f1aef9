import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// Files that want our memory. They are made up piece by piece, so that only a reader that keeps
/// them needs it.
@Suite("Hostile files")
struct HostileTests {
  private static let open =
    #"{"schemaVersion":1,"deviceProperties":[],"traceEvents":[{"ph":"X","cat":"user_annotation","#
    + #""name":"ProfilerStep#1","ts":1,"dur":2,"args":{"x":"#
  private static let close = "}}]}"

  /// A source that repeats one megabyte between a beginning and an end.
  private func source(_ start: String, _ byte: UInt8, megabytes: Int, _ end: String) throws
    -> ByteSource
  {
    let piece = [UInt8](repeating: byte, count: 1 << 20)
    var count = 0
    return try ByteSource(path: "x") {
      count += 1
      if count == 1 { return Array(start.utf8) }
      if count <= megabytes + 1 { return piece }
      return count == megabytes + 2 ? Array(end.utf8) : nil
    }
  }

  private func peakMemory() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(__rusage_who_t(Int32(RUSAGE_SELF.rawValue)), &usage)
      return usage.ru_maxrss * 1024
    #endif
  }

  @Test("A string of a gigabyte in a field nobody reads is passed over")
  func string() throws {
    let before = peakMemory()
    let sink = CollectingSink()
    let file = try source(Self.open + "\"", 0x61, megabytes: 1024, "\"" + Self.close)
    _ = try readTrace(from: file, into: sink)
    #expect(sink.gradientCount == 1)
    // Other tests run meanwhile and take some too.
    #expect(peakMemory() - before < 512 << 20)
  }

  @Test("200,000 brackets in a field nobody reads are refused with their place")
  func deep() throws {
    let text = Self.open + String(repeating: "[", count: 200_000)
    let byte = Self.open.utf8.count + 508
    #expect(
      refusal(text) == "x: byte \(byte): broken JSON: values are nested more than 512 deep."
        + " Was the file cut or edited? Record or copy it again.")
  }

  @Test("A line without end is refused with its number")
  func line() throws {
    let file = try source("worker,duration_ns\na,1\nb,", 0x31, megabytes: 100, "\n")
    let error = #expect(throws: ByteStreamError.self) {
      try readTrace(from: file, into: CollectingSink())
    }
    #expect(
      error?.reason == .lineTooLong(line: 3, byteSizeLimit: LineReader.standardByteSizeLimit))
  }

  @Test("A header of a hundred thousand columns is no reason to stop")
  func wide() throws {
    let names = ["worker", "duration_ns"] + (0..<100_000).map { "c\($0)" }
    let row = ["a", "5"] + (0..<100_000).map { _ in "" }
    let (sink, _) = try read(
      names.joined(separator: ",") + "\n" + row.joined(separator: ",") + "\n",
      ReadOptions(format: .csv))
    #expect(sink.gradientCount == 1)
  }

  @Test("Keys that come twice count by their last value")
  func twice() throws {
    let (sink, _) = try read(
      "{\"worker\":\"b\",\"worker\":\"a\",\"duration_ns\":1,\"duration_ns\":2}\n")
    #expect(sink.workers.map(\.label.text) == ["a"])
    #expect(sink.workers[0].gradients[0].durationNs == 2)
  }

  private func read(
    _ text: String, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    try TraceFormatsTests.read(text, as: "x", options)
  }
}
