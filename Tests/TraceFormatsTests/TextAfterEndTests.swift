import TestSupport
import Testing
import TraceFormats
import TraceModel

/// `cat rank*.json | outpace import -`: a file holds one recording, and what follows it is told of.
@Suite("Text after the end of the events")
struct TextAfterEndTests {
  private static let slice = #"{"ph":"X","name":"f","ts":0,"dur":5,"pid":1,"tid":1}"#
  private static let chrome = ReadOptions(event: "f", rankBy: [.process])
  private static let profile =
    #"{"schemaVersion":1,"distributedInfo":{"rank":0,"world_size":1},"traceEvents":["#
    + #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#1","ts":1,"dur":2}]}"#
  private static let ray =
    #"[{"cat":"task::f","name":"f","pid":"node","tid":"worker:1","ph":"X","ts":1,"dur":5,"#
    + #""args":{"name":"f"}}]"#

  @Test(
    "It is counted, with its place",
    arguments: [
      "[\(slice)] [\(slice)]", "[\(slice)]}", "[\(slice),\n[\(slice)]",
      #"{"traceEvents":[\#(slice)],"traceEvents":[\#(slice),\#(slice)]}"#,
      #"{"traceEvents":[\#(slice)],"other":{"a":[1]}}{"traceEvents":[\#(slice)]}"#,
    ])
  func chromeTraces(text: String) throws {
    let (sink, facts) = try read(text, as: "x.json", Self.chrome)
    #expect(sink.workers.map(\.gradients.count) == [1])
    let issue = try #require(sink.issue("text-after-end"))
    #expect(issue.severity == .warning && issue.count == 1)
    #expect(issue.firstPlace.hasPrefix("x.json: byte "))
    #expect(facts.files.first?.skipped.map(\.code) == ["text-after-end"])
  }

  @Test(
    "What belongs to the text, and white space, is no issue",
    arguments: [
      "[\(slice)]\n \r\n", "[\(slice)", "[\(slice),",
      #"{"a":1,"traceEvents":[\#(slice)],"displayTimeUnit":"ms","x":[[{}]]}  "#,
    ])
  func whole(text: String) throws {
    #expect(try read(text, Self.chrome).sink.issue("text-after-end") == nil)
  }

  @Test("A profile has one end too")
  func profiles() throws {
    let two = try read(Self.profile + "\n" + Self.profile)
    #expect(two.facts.format == "pytorch" && two.sink.issue("text-after-end")?.count == 1)
    #expect(two.sink.workers.map(\.gradients.count) == [1])
    #expect(try read(Self.profile + "\n").sink.issue("text-after-end") == nil)
  }

  @Test("So has a timeline of Ray")
  func rayTimelines() throws {
    let two = try read(Self.ray + Self.ray)
    #expect(two.facts.format == "ray" && two.sink.issue("text-after-end")?.count == 1)
    #expect(try read(Self.ray).sink.issue("text-after-end") == nil)
  }
}
