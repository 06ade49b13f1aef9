import TraceModel

/// The sums of slices of each rank in each step.
struct StepSums {
  struct Gradient {
    var replica: WorkerLabel
    var step: Int64
    var startNs: Int64
    var durationNs: Int64
  }

  private struct Cell: Hashable {
    var rank: Int32
    var step: Int64
  }

  private struct Sum {
    var startNs: Int64
    var durationNs: Int64
  }

  private var sums: [Cell: Sum] = [:]

  /// - Throws: `tooManySteps` beyond `limit` pairs of rank and step.
  mutating func add(
    _ slice: Stretch, rank: Int32, step: Int64, limit: Int
  ) throws(TraceFormatError.Reason) {
    let cell = Cell(rank: rank, step: step)
    let durationNs = slice.end - slice.start
    guard let known = sums[cell] else {
      guard sums.count < limit else { throw .tooManyRankSteps(limit: limit) }
      sums[cell] = Sum(startNs: slice.start, durationNs: durationNs)
      return
    }
    let (total, overflow) = known.durationNs.addingReportingOverflow(durationNs)
    guard !overflow else { throw .overflow(column: "the sum of a step", text: "\(total)") }
    sums[cell] = Sum(startNs: min(known.startNs, slice.start), durationNs: total)
  }

  /// The gradients of all replicas, ordered by label and step.
  ///
  /// - Parameter names: The replica and the label of each rank. Ranks with equal labels are one.
  func gradients(of names: [(replica: WorkerLabel, rank: WorkerLabel)]) -> [Gradient] {
    // Numbers instead of labels: there may be millions of cells.
    let replicas = numbered(names.map(\.replica))
    let labels = numbered(names.map(\.rank))
    let cells = sums.map { cell, sum in
      (
        replica: replicas.numbers[Int(cell.rank)], step: cell.step,
        rank: labels.numbers[Int(cell.rank)], sum: sum
      )
    }.sorted {
      ($0.replica, $0.step, $0.rank, $0.sum.startNs) < (
        $1.replica, $1.step, $1.rank, $1.sum.startNs
      )
    }
    var gradients: [Gradient] = []
    var previous: (replica: Int, step: Int64, rank: Int)?
    /// What the rank at hand has needed for the step at hand.
    var rankNs: Int64 = 0
    for cell in cells {
      let key = (cell.replica, cell.step, cell.rank)
      let isSameRank = previous.map { $0 == key } ?? false
      let isSameStep = previous.map { $0.replica == key.0 && $0.step == key.1 } ?? false
      rankNs = isSameRank ? rankNs + cell.sum.durationNs : cell.sum.durationNs
      if isSameStep, let last = gradients.indices.last {
        gradients[last].durationNs = max(gradients[last].durationNs, rankNs)
        gradients[last].startNs = min(gradients[last].startNs, cell.sum.startNs)
      } else {
        gradients.append(
          Gradient(
            replica: replicas.labels[cell.replica], step: cell.step, startNs: cell.sum.startNs,
            durationNs: rankNs))
      }
      previous = key
    }
    return gradients
  }

  private func numbered(_ labels: [WorkerLabel]) -> (labels: [WorkerLabel], numbers: [Int]) {
    let sorted = Set(labels).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
    return (sorted, labels.map { numbers[$0] ?? 0 })
  }
}
