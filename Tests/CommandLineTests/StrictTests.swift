import Foundation
import TestSupport
import Testing

/// What foreign files have that no standard allows: kept and counted, and refused on request.
@Suite("Tolerance")
struct StrictTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var issue: String
    var gradients = 2
    var options: [String] = []

    var testDescription: String { name }

    init(
      _ name: String, _ text: String, _ issue: String, gradients: Int = 2, options: [String] = []
    ) {
      self.init(name, Array(text.utf8), issue, gradients: gradients, options: options)
    }

    init(
      _ name: String, _ bytes: [UInt8], _ issue: String, gradients: Int = 2,
      options: [String] = []
    ) {
      self.name = name
      self.bytes = bytes
      self.issue = issue
      self.gradients = gradients
      self.options = options
    }
  }

  /// Two steps of a job of one rank; `arguments` are those of an operator that takes no part.
  private static func profile(
    _ arguments: String = "{}", second: String = #""ts":100,"dur":80"#, end: String = "]}"
  ) -> String {
    #"{"schemaVersion":1,"distributedInfo":{"rank":0,"world_size":1},"traceEvents":["#
      + #"{"ph":"X","cat":"cuda_runtime","name":"launch","ts":1,"dur":2,"args":\#(arguments)},"#
      + #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#1","ts":0,"dur":100},"#
      + #"{"ph":"X","cat":"cpu_op","name":"aten::mm","ts":5,"dur":50},"#
      + #"{"ph":"X","cat":"cpu_op","name":"aten::mm","ts":105,"dur":50},"#
      + #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#2",\#(second)}"# + end
  }

  private static func ray(_ second: String) -> String {
    #"[{"cat":"task::f","ph":"X","pid":"h","tid":"a","ts":10,"dur":50},"#
      + #"{"cat":"task::f","ph":"X","pid":"h","tid":"a",\#(second)}]"#
  }

  static let cases: [Case] = [
    Case("NaN", profile(#"{"x":NaN,"y":[NaN,1]}"#), "loose-json"),
    Case("Infinity", profile(#"{"x":-Infinity}"#), "loose-json"),
    Case("a raw control character", profile("{\"x\":\"a\u{1}b\"}"), "loose-json"),
    Case("a raw line break in a string", profile("{\"x\":\"a\nb\"}"), "loose-json"),
    Case(
      "bad UTF-8",
      profile(#"{"x":"caf~"}"#).utf8.map { $0 == UInt8(ascii: "~") ? 0xe9 : $0 }, "loose-json"),
    Case("an unescaped backslash", profile(#"{"x":"C:\data\users"}"#), "loose-json"),
    Case("numbers as text", profile(second: #""ts":"100","dur":"80""#), "string-number"),
    Case("an array without its end", profile(end: ""), "truncated-tail"),
    Case(
      "the tail of a killed job", profile(end: #",{"ph":"X","cat":"cpu_op","na"#),
      "truncated-tail"),
    Case("a duration of zero", ray(#""ts":80,"dur":0"#), "zero-duration"),
    Case("gradients that overlap", ray(#""ts":20,"dur":50"#), "overlapping"),
    Case("equal timestamps", ray(#""ts":10,"dur":70"#), "overlapping"),
    Case("NaN where a time is needed", ray(#""ts":NaN,"dur":5"#), "bad-event", gradients: 1),
    Case("a time of 2^63", ray(#""ts":9223372036854775808,"dur":5"#), "bad-event", gradients: 1),
  ]

  @Test("Is kept and counted; --strict refuses it and imports nothing", arguments: cases)
  func counted(defect: Case) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("trace.json")
    try Data(defect.bytes).write(to: URL(fileURLWithPath: path))
    let arguments = ["import", path, "--json", "--db", folder.path("t.db")] + defect.options
    let strict = try Tool.run(arguments + ["--strict"])
    #expect(strict.status == 65)
    #expect(strict.errors.contains(defect.issue), "\(strict.errors)")
    let result = try Tool.run(arguments)
    #expect(result.status == 0, "\(result.errors)")
    let trace = try JSONFields(result.output)["traces"][0]
    #expect(trace["id"].integer == 1)
    #expect(trace["already_present"].value as? Bool == false)
    #expect(trace["gradients"].integer == defect.gradients)
    let issue = trace["issues"].list.first { $0["code"].text == defect.issue }
    #expect(issue?["severity"].text == "warning")
    #expect((issue?["count"].integer ?? 0) > 0)
    #expect(issue?["first_place"].text?.isEmpty == false)
  }

  @Test("A file without any of it passes")
  func clean() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      StrictTests.profile(#"{"x":"caf\u00e9 é 😀 C:\\data","y":[null,-1.5E3,true]}"#),
      to: "trace.json")
    let result = try Tool.run(["import", path, "--db", folder.path("t.db"), "--strict"])
    #expect(result.status == 0, "\(result.errors)")
  }
}
