import Foundation
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// Collects what an observer hears.
private final class Listener {
  var updates: [HistoryRecord] = []
  var gradients: [LedgerRecord] = []

  var observer: ReplayObserver {
    ReplayObserver(
      update: { self.updates.append($0) }, gradient: { self.gradients.append($0) })
  }
}

/// The entry that differs most beyond 1e-9 relative (1e-12 absolute); nil if none does.
private func worstDifference(_ actual: [Double], _ expected: [Double]) -> String? {
  guard actual.count == expected.count else {
    return "\(actual.count) values, expected \(expected.count)"
  }
  var worst: (excess: Double, text: String)?
  for (index, pair) in zip(actual, expected).enumerated() {
    let allowed = max(1e-9 * abs(pair.1), 1e-12)
    let excess = abs(pair.0 - pair.1) / allowed
    if !(excess <= 1), !(excess <= worst?.excess ?? 1) {
      worst = (excess, "entry \(index): \(pair.0), expected \(pair.1)")
    }
  }
  return worst?.text
}

@Suite("Golden replays")
struct GoldenTests {
  static let sharedNames = GoldenFiles.names(in: GoldenFiles.shared)

  @Test(
    "A replay is what an independent implementation found",
    .enabled(if: !sharedNames.isEmpty, "no ../shared/golden beside this checkout"),
    arguments: sharedNames)
  func shared(name: String) throws {
    try check(GoldenFiles.read(name, in: GoldenFiles.shared))
  }

  @Test(
    "A replay is what was worked out by hand",
    arguments: GoldenFiles.names(in: GoldenFiles.byHand))
  func byHand(name: String) throws {
    try check(GoldenFiles.read(name, in: GoldenFiles.byHand))
  }

  private func check(_ golden: GoldenCase) throws {
    let method = try #require(golden.method, "no method for \(golden.algorithm)")
    let objective = try #require(
      golden.objective.build(), "no objective \(golden.objective.kind)")
    let expected = golden.expected
    let listener = Listener()
    let run = try replay(
      golden.recordedTrace, minimising: objective, golden.request(method),
      batches: golden.batches, observer: listener.observer)

    #expect(listener.updates.map(\.updateCount) == expected.updates.map(\.k))
    #expect(listener.updates.map(\.timeNs) == expected.updates.map(\.time))
    #expect(listener.updates.map(\.worker) == expected.updates.map(\.worker))
    #expect(listener.updates.map(\.delay) == expected.updates.map(\.tau))
    #expect(run.computedPerWorker == expected.completedPerWorker)
    #expect(run.abortedCount == expected.aborted)
    #expect(run.discardedCount == expected.discarded)
    let arrivals = listener.gradients.filter { $0.fate != .aborted }
    #expect(
      arrivals.map { record in
        [
          .number(Int(record.endNs)), .number(record.worker), .number(record.updatesAtRead),
          .number(record.updateCount),
          .fate(record.fate == .discarded ? "discarded" : "accepted"),
        ] as [GoldenCase.ArrivalField]
      } == expected.arrivals)

    #expect(
      worstDifference(listener.updates.map(\.stepsize), expected.updates.map(\.gamma)) == nil)
    let losses = [expected.f0] + expected.updates.compactMap(\.f)
    // By hand all of them were worked out, or none but the first; a horizon in time adds a point.
    #expect([1, expected.updates.count + 1].contains(losses.count))
    #expect(
      worstDifference(run.points.prefix(losses.count).map(\.loss), losses) == nil)
    let norms = expected.updates.compactMap(\.gradNormSq)
    if !norms.isEmpty {
      #expect(
        worstDifference(listener.updates.compactMap(\.gradientNormSquared), norms) == nil)
    }
    let distances = expected.updates.compactMap(\.virtualDistanceSq)
    if !distances.isEmpty {
      #expect(
        worstDifference(listener.updates.compactMap(\.virtualDistanceSquared), distances) == nil)
    }
    #expect(worstDifference(run.finalIterate, expected.finalX) == nil)
    try checkDelays(run, listener.gradients, expected.delayStats)
  }

  /// Synchronous rounds have no delays to speak of.
  private func checkDelays(
    _ run: Run, _ gradients: [LedgerRecord], _ expected: GoldenCase.Delays?
  ) throws {
    guard let expected else { return }
    let delays = try #require(run.delays)
    #expect(run.updateCount == expected.updateCount)
    #expect(delays.overall.sum == expected.tauSum)
    #expect(delays.overall.max == expected.tauMax)
    #expect(delays.overall.quantile(0.5) == expected.tauMedian)
    #expect(delays.identityHolds != false)
    #expect(
      worstDifference([try #require(delays.overall.mean)], [expected.tauMean]) == nil)
    let bins = delays.overall.bins
    let count = Double(bins.reduce(0) { $0 + $1.count })
    if let mean = expected.stalenessMean {
      #expect(worstDifference([Double(delays.overall.sum) / count - 1], [mean]) == nil)
    }
    if let largest = expected.stalenessMax {
      #expect(try #require(delays.overall.max) - 1 == largest)
    }
    if let mean = expected.inverseTauMean {
      let sum = bins.reduce(0) { $0 + Double($1.count) / Double($1.delay) }
      #expect(worstDifference([sum / count], [mean]) == nil)
    }
    if let ages = expected.inFlightAge {
      let found = ages.indices.map { worker -> Int in
        let last = gradients.last { $0.worker == worker && $0.fate == .applied }
        return run.updateCount - (last.map { $0.updateCount + 1 } ?? 0)
      }
      #expect(found == ages)
    }
    let histogram = Dictionary(
      uniqueKeysWithValues: delays.overall.bins.map { ("\($0.delay)", $0.count) })
    #expect(histogram == expected.tauHistogram)
    if case .async = run.request.method { #expect(delays.identityHolds == true) }
  }
}
