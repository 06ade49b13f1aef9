import Foundation
import Reports
import TestSupport
import Testing
import TraceModel
import Workbench

@Suite("Forecasts of recorded runs")
struct ForecastTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Two workers that compute for 1 ms and 3 ms, and exchange for 0.5 ms.
  private func run(factors: [Double] = [1, 1]) -> Trace {
    Trace(
      name: "run",
      workers: zip([1_000_000, 3_000_000], factors).enumerated().map { index, times in
        let durationNs = Int64(times.0 * times.1)
        let count = index == 0 ? 120 : 41
        return WorkerTimings(
          worker: Worker(index: index, label: WorkerLabel("\(index)")),
          startsNs: (0..<Int64(count)).map { $0 * (durationNs + 500_000) },
          durationsNs: Array(repeating: durationNs, count: count),
          turnaroundsNs: Array(repeating: 500_000, count: count))
      })
  }

  /// The same, in rounds: who is done waits for the other one.
  private func rounds(factors: [Double] = [1, 1]) -> Trace {
    let durations = zip([1_000_000, 3_000_000], factors).map { Int64($0 * $1) }
    let longestNs = durations.max() ?? 0
    return Trace(
      name: "rounds", kind: .synchronous,
      workers: durations.enumerated().map { index, durationNs in
        WorkerTimings(
          worker: Worker(index: index, label: WorkerLabel("\(index)")),
          startsNs: (0..<40).map { $0 * (longestNs + 500_000) },
          durationsNs: Array(repeating: durationNs, count: 40),
          waitsNs: Array(repeating: longestNs - durationNs, count: 40),
          turnaroundsNs: Array(repeating: 500_000, count: 40), steps: Array(0..<40))
      })
  }

  private func figures(_ from: Trace, _ to: Trace) throws -> [ForecastReport.Figure] {
    let opened = try [from, to].map {
      try folder.opened(exported($0, as: .native), as: "\(UUID()).outpace.zst")
    }
    return try forecast(opened[0], opened[1], ForecastJob()).figures
  }

  /// Cycles of 1.5 ms and 3.5 ms foretell 952 updates a second. With computing times 1.5 times as long
  /// they are 2 ms and 5 ms: 700 were made.
  @Test("An error that is all of the machine's pace is none once computing takes as long")
  func pace() throws {
    let figures = try figures(run(), run(factors: [1.5, 1.5]))
    #expect(figures[0].name == "updates per second")
    #expect(figures[1].name == "updates per second, equal computing times")
    #expect(agree(figures[0].forecast, 1000 / 1.5 + 1000 / 3.5, within: 1e-9))
    #expect(agree(figures[0].error, (1 / 1.5 + 1 / 3.5) / 0.7 - 1, within: 1e-9))
    #expect(agree(figures[1].recorded, 700, within: 1e-9))
    #expect(try abs(#require(figures[1].error)) < 1e-6)
  }

  /// Cycles of 2.5 ms and 5 ms make 600 updates a second, whatever the two rounds of 3.5 ms were.
  @Test("Every worker has its own pace, and rounds foretell what follows from them")
  func workers() throws {
    let own = try figures(run(), run(factors: [2, 1.5]))
    #expect(agree(own[1].recorded, 600, within: 1e-9))
    #expect(try abs(#require(own[1].error)) < 1e-6)
    let other = try figures(rounds(), run(factors: [2, 1.5]))
    #expect(try abs(#require(other[1].error)) < 1e-6)
    #expect(try #require(other[0].error) > 0.5)
  }

  /// Rounds of 4.5 ms and 0.5 ms, of two gradients.
  @Test("Rounds are foretold at an equal pace too, from either trace")
  func synchronous() throws {
    for from in [run(), rounds()] {
      let figures = try figures(from, rounds(factors: [1.5, 1.5]))
      #expect(
        figures.map(\.name).prefix(2) == [
          "gradients per second", "gradients per second, equal computing times",
        ])
      #expect(agree(figures[1].recorded, 400, within: 1e-9))
      #expect(agree(figures[0].error, 2 / 3.5 / 0.4 - 1, within: 1e-9))
      #expect(try abs(#require(figures[1].error)) < 1e-6)
    }
  }

  /// What is left at an equal pace is what a forecast cannot know: here exchanges that take longer.
  @Test("An error of the exchange stays")
  func exchange() throws {
    var other = run(factors: [1.5, 1.5])
    for worker in other.workers.indices {
      other.workers[worker].startsNs = other.workers[worker].startsNs.indices.map {
        Int64($0) * (other.workers[worker].durationsNs[0] + 1_000_000)
      }
      other.workers[worker].turnaroundsNs = other.workers[worker].turnaroundsNs.map { _ in 1_000_000
      }
    }
    let figures = try figures(run(), other)
    #expect(try #require(figures[1].error) > 0.1)
    #expect(try #require(figures[1].error) < #require(figures[0].error))
  }

  /// Times from an overlap and close to the end of what an `Int64` counts.
  @Test("Times that cannot be scaled leave the figure out")
  func tooLarge() throws {
    func trace(durationNs: Int64) -> Trace {
      Trace(
        name: "large",
        workers: [
          WorkerTimings(
            worker: Worker(index: 0, label: WorkerLabel("0")), startsNs: [0, durationNs],
            durationsNs: [durationNs, durationNs])
        ])
    }
    let large = trace(durationNs: 1 << 60)
    #expect(try figures(large, large).count { $0.name.contains("equal") } == 1)
    let late = Trace(
      name: "late",
      workers: [
        WorkerTimings(
          worker: Worker(index: 0, label: WorkerLabel("0")), startsNs: [0, 1 << 60],
          durationsNs: [1, 1])
      ])
    #expect(try figures(late, trace(durationNs: 1000)).count { $0.name.contains("equal") } == 0)
  }
}
