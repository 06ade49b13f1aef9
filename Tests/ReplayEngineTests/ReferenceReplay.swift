import Kernels
import Optimization
import ReplayEngine
import TraceModel

/// Minibatch and asynchronous SGD on least squares, straight from their definitions.
///
/// Nothing is shared with the engine but the random words: all arrivals are listed and sorted, every
/// iterate is kept, and gradients are sums over entries.
struct ReferenceReplay {
  var rows: [[Double]]
  var targets: [Double]
  var durations: [[Int64]]
  /// What follows each gradient; empty for nothing.
  var turnarounds: [[Int64]] = []
  var repeats = true
  var timeLimit: Int64
  var stepsize: Double
  var initial: [Double]
  var seed: UInt64 = 1
  var batchSize = 1

  struct Outcome: Equatable {
    var times: [Int64] = []
    var workers: [Int] = []
    var delays: [Int] = []
    var stepsizes: [Double] = []
    var iterate: [Double] = []
  }

  private func entry(_ column: [Int64], _ gradient: Int) -> Int64? {
    if gradient < column.count { return column[gradient] }
    return repeats ? column[gradient % column.count] : nil
  }

  private func gap(_ worker: Int, before gradient: Int) -> Int64 {
    guard gradient > 0, !turnarounds.isEmpty else { return 0 }
    return entry(turnarounds[worker], gradient - 1) ?? 0
  }

  private func gradient(_ worker: Int, _ number: Int, at x: [Double]) -> [Double] {
    let stream = CounterStream(stream: .batches, seed: seed)
    var sum = [Double](repeating: 0, count: x.count)
    for draw in 0..<batchSize {
      let word = stream.word(worker: worker, gradient: number, index: draw)
      let row = Int((UInt64(word) * UInt64(rows.count)) >> 32)
      var residual = -targets[row]
      for column in x.indices { residual += rows[row][column] * x[column] }
      for column in x.indices {
        sum[column] += residual * rows[row][column] / Double(batchSize)
      }
    }
    return sum
  }

  func minibatch() -> Outcome {
    var outcome = Outcome(iterate: initial)
    var time: Int64 = 0
    var round = 0
    while true {
      var end = time
      for worker in durations.indices {
        guard let duration = entry(durations[worker], round) else { return outcome }
        end = max(end, time + gap(worker, before: round) + duration)
      }
      if end > timeLimit { return outcome }
      let x = outcome.iterate
      for worker in durations.indices {
        let g = gradient(worker, round, at: x)
        for column in x.indices {
          outcome.iterate[column] -= stepsize / Double(durations.count) * g[column]
        }
      }
      time = end
      round += 1
      outcome.times.append(end)
      outcome.workers.append(-1)
      outcome.delays.append(1)
      outcome.stepsizes.append(stepsize)
    }
  }

  /// The mean of where the workers end, summed in order of worker.
  func local(steps: Int) -> Outcome {
    var outcome = Outcome(iterate: initial)
    var time: Int64 = 0
    var first = 0
    while true {
      var end = time
      for worker in durations.indices {
        var own = time + gap(worker, before: first)
        for step in 0..<steps {
          guard let duration = entry(durations[worker], first + step) else { return outcome }
          own += duration
        }
        end = max(end, own)
      }
      if end > timeLimit { return outcome }
      var mean = [Double](repeating: 0, count: initial.count)
      for worker in durations.indices {
        var y = outcome.iterate
        for step in 0..<steps {
          let g = gradient(worker, first + step, at: y)
          for column in y.indices { y[column] -= stepsize * g[column] }
        }
        for column in y.indices { mean[column] += y[column] / Double(durations.count) }
      }
      outcome.iterate = mean
      time = end
      first += steps
      outcome.times.append(end)
      outcome.workers.append(-1)
      outcome.delays.append(1)
      outcome.stepsizes.append(stepsize)
    }
  }

  func asynchronous(_ handout: Handout, stepsizeOfDelay: (Int) -> Double) -> Outcome {
    var arrivals: [(time: Int64, worker: Int, gradient: Int)] = []
    for worker in durations.indices {
      var time: Int64 = 0
      var number = 0
      while let duration = entry(durations[worker], number) {
        time += gap(worker, before: number) + duration
        if time > timeLimit { break }
        arrivals.append((time, worker, number))
        number += 1
      }
    }
    arrivals.sort { ($0.time, $0.worker) < ($1.time, $1.worker) }

    var outcome = Outcome()
    var iterates = [initial]
    var readBy = [Int](repeating: 0, count: durations.count)
    for (index, arrival) in arrivals.enumerated() {
      let k = index + 1
      let delay = k - readBy[arrival.worker]
      let step = stepsizeOfDelay(delay)
      let g = gradient(arrival.worker, arrival.gradient, at: iterates[readBy[arrival.worker]])
      var x = iterates[k - 1]
      for column in x.indices { x[column] -= step * g[column] }
      iterates.append(x)
      readBy[arrival.worker] = handout == .after ? k : k - 1
      outcome.times.append(arrival.time)
      outcome.workers.append(arrival.worker)
      outcome.delays.append(delay)
      outcome.stepsizes.append(step)
    }
    outcome.iterate = iterates[iterates.count - 1]
    return outcome
  }
}
