import Foundation
import Reports
import TraceModel

/// Writes the recorded gradients as one process with a thread a worker.
///
/// Slices of a thread have to nest, and recorded gradients of a worker may overlap: one that starts
/// before the last has ended goes to another thread of the same name.
func writeTraceTimeline(
  _ trace: Trace, window: TimelineWindow, _ timeline: inout TimelineWriter,
  progress: (Int) -> Void, to write: (Data) throws -> Void
) throws {
  let process = 1
  try timeline.nameProcess(process, "\(trace.name), recorded", to: write)
  // No thread has the number of a process: Perfetto would take it for its main one.
  var firstThread = process + 1
  var laneCounts: [Int] = []
  for timings in trace.workers {
    var lanes = Lanes()
    for gradient in 0..<timings.gradientCount {
      _ = lanes.take(timings.startsNs[gradient], timings.endNs(gradient))
    }
    for lane in 0..<lanes.count {
      try timeline.nameThread(
        .init(process: process, thread: firstThread + lane), timings.worker.label.text, to: write)
    }
    laneCounts.append(lanes.count)
    firstThread += lanes.count
  }
  firstThread = process + 1
  var gradientCount = 0
  for (timings, laneCount) in zip(trace.workers, laneCounts) {
    var lanes = Lanes()
    for gradient in 0..<timings.gradientCount {
      let startNs = timings.startsNs[gradient]
      let endNs = timings.endNs(gradient)
      let track = TimelineWriter.Track(
        process: process, thread: firstThread + lanes.take(startNs, endNs))
      if window.touches(startNs, endNs) {
        try timeline.slice(
          "gradient", "gradient", on: track, from: startNs, to: endNs,
          arguments: arguments(timings, gradient), to: write)
      }
      // What comes behind it ends at the latest where the worker computes again.
      let nextNs = gradient + 1 < timings.gradientCount ? timings.startsNs[gradient + 1] : .max
      var timeNs = endNs
      for (name, durationNs) in [
        ("waiting", timings.waitNs(gradient)), ("exchange", timings.turnaroundNs(gradient) ?? 0),
      ] where durationNs > 0 {
        let (sum, overflow) = timeNs.addingReportingOverflow(durationNs)
        let untilNs = min(overflow ? .max : sum, nextNs)
        guard untilNs > timeNs else { break }
        if window.touches(timeNs, untilNs) {
          try timeline.slice(name, "idle", on: track, from: timeNs, to: untilNs, to: write)
        }
        timeNs = untilNs
      }
    }
    firstThread += laneCount
    gradientCount += timings.gradientCount
    progress(gradientCount)
  }
}

private func arguments(_ timings: WorkerTimings, _ gradient: Int) -> String {
  var text = "{\"gradient\":\(gradient)"
  if let step = timings.step(gradient) { text += ",\"step\":\(step)" }
  let batch = timings.batch(gradient)
  if !batch.isEmpty { text += ",\"samples\":\(batch.count)" }
  return text + "}"
}

extension WorkerTimings {
  fileprivate func endNs(_ gradient: Int) -> Int64 { startsNs[gradient] + durationsNs[gradient] }
}

/// The threads that a worker needs for its gradients, in order of start, not to overlap on one.
///
/// A heap of when each is free: a file may say that a million gradients overlap.
private struct Lanes {
  private var heap: [(endNs: Int64, lane: Int)] = []

  var count: Int { heap.count }

  /// Returns the one that has been free for longest, or a new one.
  mutating func take(_ startNs: Int64, _ endNs: Int64) -> Int {
    guard let first = heap.first, first.endNs <= startNs else {
      heap.append((endNs, heap.count))
      // It may end before those above it.
      var place = heap.count - 1
      while place > 0, heap[place] < heap[(place - 1) / 2] {
        heap.swapAt(place, (place - 1) / 2)
        place = (place - 1) / 2
      }
      return heap.count - 1
    }
    heap[0].endNs = endNs
    var place = 0
    while true {
      let children = [2 * place + 1, 2 * place + 2].filter { $0 < heap.count }
      guard let child = children.min(by: { heap[$0] < heap[$1] }), heap[child] < heap[place] else {
        return first.lane
      }
      heap.swapAt(place, child)
      place = child
    }
  }
}
