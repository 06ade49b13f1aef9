import TraceModel

/// Which of the spooled gradients an import keeps.
struct GradientSelection {
  var skip: Int
  var steps: ClosedRange<Int64>?
  /// By handle; empty if none is left out.
  var isLeftOut: [Bool]

  func leavesOut(_ handle: Int) -> Bool { !isLeftOut.isEmpty && isLeftOut[handle] }
}

/// What a selection dropped.
struct DroppedCounts {
  /// Gradients of workers that were left out.
  var ofWorkers = 0
  /// Among the first of their workers.
  var skipped = 0
  /// Outside of the range of steps.
  var outsideSteps = 0
  /// Kept or not, without a recorded step, though steps were asked for.
  var withoutStep = 0

  var total: Int { ofWorkers + skipped + outsideSteps }
}

/// What looks at all gradients, worker by worker in order of handle, within one in order of start.
protocol WorkerConsumer {
  mutating func begin(_ handle: Int) throws
  /// Takes consecutive gradients.
  mutating func take(_ columns: TimingColumns, _ range: Range<Int>) throws
  /// Called after the last gradient of a worker.
  ///
  /// - Parameter dropped: how many of its gradients the selection dropped.
  mutating func end(_ handle: Int, dropped: Int) throws
}

/// One pass over the sorted gradients. A worker whose gradients were all dropped has `begin` and
/// `end` called as well, one that was left out has not.
func forEachWorker<Consumer: WorkerConsumer>(
  of runs: [any SpoolRun], selection: GradientSelection, consumer: inout Consumer
) throws -> DroppedCounts {
  var dropped = DroppedCounts()
  var current = -1
  var position = 0
  var droppedOfCurrent = 0
  var merge = try SpoolMerge(runs)
  let isWhole = selection.skip == 0 && selection.steps == nil
  try merge.forEach { handle, columns, range in
    if selection.leavesOut(handle) {
      dropped.ofWorkers += range.count
      return
    }
    if handle != current {
      if current >= 0 { try consumer.end(current, dropped: droppedOfCurrent) }
      try consumer.begin(handle)
      current = handle
      position = 0
      droppedOfCurrent = 0
    }
    if isWhole { return try consumer.take(columns, range) }
    for index in range {
      let place = position
      position += 1
      if place < selection.skip {
        dropped.skipped += 1
        droppedOfCurrent += 1
        continue
      }
      if let steps = selection.steps {
        let recorded = columns.step(index)
        let isKnown = recorded != TimingColumns.unknownStep
        if !isKnown { dropped.withoutStep += 1 }
        let step = isKnown ? recorded : Int64(place)
        if !steps.contains(step) {
          dropped.outsideSteps += 1
          droppedOfCurrent += 1
          continue
        }
      }
      try consumer.take(columns, index..<index + 1)
    }
  }
  if current >= 0 { try consumer.end(current, dropped: droppedOfCurrent) }
  return dropped
}
