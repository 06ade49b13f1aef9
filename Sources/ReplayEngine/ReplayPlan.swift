import Kernels
import Optimization
import TraceModel

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a replay will need, worked out before anything is allocated.
struct ReplayPlan {
  var method: MethodChoice
  var seed: UInt64
  var evaluation: Evaluation
  var workerCount: Int
  /// γ and the method's options, as the fingerprint has them.
  var parameters: [Double]
  var collectsByArrival: Bool
  var valuesPerGradient: Int
  var scratchCount: Int

  init<O: Objective>(
    _ request: ReplayRequest, objective: O, batches: BatchSource, workerCount: Int,
    smoothness: Double
  ) throws(ReplayError) {
    method = request.method
    seed = request.seed
    evaluation = request.evaluation
    self.workerCount = workerCount
    parameters = request.method.fingerprintParameters(
      stepsize: request.stepsize, smoothness: smoothness, workerCount: workerCount)
    switch request.method {
    case .rennala, .buffered: collectsByArrival = true
    case .minibatch, .async, .backup, .ringmaster, .fastest: collectsByArrival = false
    }
    valuesPerGradient = 8
    scratchCount = 8
    for size in batches.sizes {
      valuesPerGradient = max(valuesPerGradient, objective.valuesPerGradient(batchSize: size))
      scratchCount = max(scratchCount, objective.scratchCount(batchSize: size))
    }
    let needed = Self.byteCount(
      slots: workerCount + 1, valuesPerSlot: valuesPerGradient,
      samplesPerSlot: batches.largestSize, dimension: objective.dimension)
    let limit = request.memoryLimitBytes ?? Self.physicalMemory
    guard needed <= limit else { throw .memory(neededBytes: needed, limitBytes: limit) }
  }

  /// A bound on what a replay allocates: a slot a worker and a spare one, and some iterates.
  static func byteCount(
    slots: Int, valuesPerSlot: Int, samplesPerSlot: Int, dimension: Int
  ) -> Int {
    let perSlot = Double(8 * valuesPerSlot) + Double(4 * samplesPerSlot) + 256
    let total = Double(slots) * perSlot + 10 * 8 * Double(Vector.paddedCount(dimension))
    return total < 0x1p62 ? Int(total) : .max
  }

  private static var physicalMemory: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && pageSize > 0 ? pages * pageSize : .max
  }
}
