import Optimization
import ReplayEngine
import TraceModel

/// Replays of one request at several stepsizes and seeds, on all cores.
///
/// The stepsizes of a seed share schedule and samples and advance in lockstep (`replaySweep`); seeds go to
/// different threads. How they are divided never changes a run.
struct StepsizeSweep {
  let trace: Trace
  let objective: any Objective
  let threads: Int

  /// The runs by stepsize, then by seed.
  func runs(
    _ request: ReplayRequest, stepsizes: [Double], seeds: [UInt64]
  ) throws -> [[Run]] {
    guard !stepsizes.isEmpty, !seeds.isEmpty else { return stepsizes.map { _ in [] } }
    // Some jobs a thread, so that none waits long for the last one: what diverges ends early.
    let wanted = threads > 1 ? 4 * threads : 1
    let pieceCount = min(stepsizes.count, (wanted + seeds.count - 1) / seeds.count)
    let jobs = try Parallel.map(count: pieceCount * seeds.count, threads: threads) { job in
      try replaySweep(
        trace, minimising: objective,
        piece(job / seeds.count, of: pieceCount, stepsizes).map { stepsize in
          var own = request
          own.stepsize = stepsize
          own.seed = seeds[job % seeds.count]
          return own
        })
    }
    var runs = stepsizes.map { _ in [Run]() }
    for piece in 0..<pieceCount {
      let first = piece * stepsizes.count / pieceCount
      for seed in seeds.indices {
        for (place, run) in jobs[piece * seeds.count + seed].enumerated() {
          runs[first + place].append(run)
        }
      }
    }
    return runs
  }

  private func piece(_ index: Int, of count: Int, _ stepsizes: [Double]) -> ArraySlice<Double> {
    stepsizes[(index * stepsizes.count / count)..<((index + 1) * stepsizes.count / count)]
  }
}
