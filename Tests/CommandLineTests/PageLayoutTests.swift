import Foundation
import Reports
import TestSupport
import Testing

/// The page of the built tool as a browser draws it, for traces at the edges of what there is.
@Suite("Layout of the report")
struct PageLayoutTests {
  struct Case: Sendable {
    var name: String
    var arguments: [String]
  }

  @Test(
    "Nothing overlaps, leaves its figure or is wider than the page, and every section occurs",
    .enabled(if: Browser.path != nil, "no Chromium is installed"), .needsOptimiser)
  func faultless() async throws {
    let folder = try TemporaryFolder()
    let cases = try Self.committed + Self.written(to: folder)
    let pages = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (index, item) in cases.enumerated() {
        group.addTask { (index, try Self.page(item, in: folder)) }
      }
      return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    let layouts = try PageLayout.measure(
      cases.enumerated().map { (name: $1.name, markup: pages[$0] ?? "") })
    #expect(layouts.count == PageLayout.widths.count * cases.count)
    for layout in layouts where !layout.faults.isEmpty {
      Issue.record(
        "\(layout.page), \(layout.width) px:\n\(layout.faults.prefix(12).joined(separator: "\n"))")
    }
    let drawn = Set(layouts.flatMap(\.sections))
    for section in SectionName.allCases where !drawn.contains(section.rawValue) {
      Issue.record("no trace of this test gives the section \(section.rawValue)")
    }
  }

  private static func page(_ item: Case, in folder: TemporaryFolder) throws -> String {
    let path = folder.path("\(item.name).html")
    let result = try Tool.run(["report", "--quiet", "--threads", "1", "-o", path] + item.arguments)
    try #require(result.status == 0, "\(item.name): \(result.errors)")
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  /// Simulated times are short: what is looked at is where the words stand, not what they say.
  private static let committed = [
    Case(
      name: "ranks of a profile",
      arguments: [
        Repository.traces.appendingPathComponent("pytorch-ddp-gloo-4").path, "--time", "500ms",
      ]),
    Case(
      name: "rounds of tasks",
      arguments: [
        Repository.traces.appendingPathComponent("ray-least-squares-8/sync.json.gz").path,
        "--time", "50ms", "--forecast",
        Repository.traces.appendingPathComponent("ray-least-squares-8/async.json.gz").path,
        "--forecast-method", "async:stepsize=0.1",
      ]),
    Case(
      name: "asynchronous tasks",
      arguments: [
        Repository.traces.appendingPathComponent("ray-least-squares-8/async.json.gz").path,
        "--time", "50ms",
      ]),
  ]

  // MARK: Traces at the edges

  private static func written(to folder: TemporaryFolder) throws -> [Case] {
    var random = Draws()
    /// Rows of workers without gaps; `duration` in nanoseconds of a worker's j-th gradient.
    func table(
      _ labels: [String], gradients: Int, _ duration: (_ worker: Int, _ gradient: Int) -> Double
    ) -> String {
      var rows = "worker,start_ns,duration_ns\n"
      for (worker, label) in labels.enumerated() {
        var start = 0
        for gradient in 0..<gradients {
          let length = max(1, Int(duration(worker, gradient)))
          rows += "\(label),\(start),\(length)\n"
          start += length
        }
      }
      return rows
    }
    func numbered(_ count: Int) -> [String] { (0..<count).map { "\($0)" } }
    func rounds(_ workers: Int, hidden: Bool, hosts: Int) -> String {
      var rows = "worker,start_ns,duration_ns,wait_ns,step,host,turnaround_ns\n"
      var start = 0
      for step in 0..<24 {
        let own = (0..<workers).map { Int(1e7 * (0.9 + 0.2 * random.next()) * ($0 < 4 ? 1.6 : 1)) }
        let longest = own.max() ?? 1
        for worker in 0..<workers {
          let duration = hidden ? longest : own[worker]
          let host = "node-\(worker * hosts / workers).cluster.example.org"
          rows +=
            "rank\(worker),\(start),\(duration),\(longest - duration),\(step),\(host),400000\n"
        }
        start += longest + 400_000
      }
      return rows
    }
    let long = [
      String(repeating: "W", count: 1024), String(repeating: "&", count: 1024),
      "<script>alert('1')</script>" + String(repeating: "x", count: 990),
    ]
    let relative = (0..<5).flatMap { worker in
      (0..<12).map { _ in "g\(worker),\(Double(1 + worker) * (0.8 + 0.5 * random.next()))\n" }
    }
    let files: [(name: String, text: String, arguments: [String])] = [
      (
        "one worker, one gradient", "worker,start_ns,duration_ns\na,0,5000000\n",
        ["--time", "100ms"]
      ),
      (
        "long labels", table(long, gradients: 15) { w, _ in 1e6 * Double(w + 1) * random.next() },
        ["--time", "10ms"]
      ),
      (
        "64 workers",
        table(numbered(64), gradients: 10) { w, _ in (w == 63 ? 2e7 : 1e7) + 1e6 * random.next() },
        ["--time", "100ms", "--objective", "logistic:gaussian:n=64,d=4?l2=1e-3"]
      ),
      (
        "65 workers",
        table(numbered(65), gradients: 10) { w, _ in 1e6 * Double(w + 1) + 1e6 * random.next() },
        ["--time", "100ms", "--objective", "quadratic:chain:d=4"]
      ),
      (
        "1000 workers",
        table(numbered(1000), gradients: 3) { w, _ in 1e4 * Double(w + 1) + 1e6 * random.next() },
        ["--time", "10ms", "--objective", "quadratic:chain:d=4"]
      ),
      (
        "one worker slows down",
        table(numbered(6), gradients: 60) { w, j in
          1e7 * (0.9 + 0.2 * random.next()) * (w == 5 && j >= 30 ? 4 : 1)
        }, ["--time", "60ms"]
      ),
      (
        "a heavy tail",
        table(numbered(8), gradients: 30) { _, _ in 1e4 / (random.next() * random.next() + 1e-9) },
        ["--time", "1ms"]
      ),
      ("hosts", rounds(12, hidden: false, hosts: 3), ["--time", "60ms"]),
      ("waiting inside", rounds(4, hidden: true, hosts: 1), ["--time", "60ms"]),
      (
        "relative units", "w,d\n" + relative.joined(),
        ["--columns", "worker=w,duration=d", "--unit", "relative", "--time", "20s"]
      ),
    ]
    return try files.map { file in
      let path = try folder.write(file.text, to: file.name + ".csv")
      return Case(name: file.name, arguments: [path] + file.arguments)
    }
  }
}

/// Numbers in 0 ..< 1 that are the same on every machine.
private struct Draws {
  private var state: UInt64 = 15

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / 9_007_199_254_740_992
  }
}
