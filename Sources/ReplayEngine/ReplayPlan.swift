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
  /// Whether neither fingerprint nor ‖∇f‖² is wanted.
  var isTrial: Bool
  var workerCount: Int
  /// γ and the method's options, as the fingerprint has them.
  var parameters: [Double]
  /// Whether the next iterate is put together beside the current one.
  var hasUpcoming: Bool
  /// H, the steps of a worker in a round; 0 for methods that send gradients.
  var localSteps: Int
  var timing: Timing
  var valuesPerGradient: Int
  var scratchCount: Int
  /// Threads for the gradients of one replay; never changes a bit.
  var threads = 1
  /// Whether gradients are computed several at once, when the first of them is wanted.
  var defersGradients = false
  /// How many of such replays may go on at once, at least 1.
  var replaysThatFit = 1
  /// Where in the scratch space a local step keeps its gradient.
  var gradientOffset = 0

  init<O: Objective>(
    _ request: ReplayRequest, objective: O, batches: BatchSource, workerCount: Int,
    smoothness: Double, threads: Int = 1
  ) throws(ReplayError) {
    method = request.method
    seed = request.seed
    evaluation = request.evaluation
    isTrial = request.isTrial
    self.workerCount = workerCount
    parameters = request.method.fingerprintParameters(
      stepsize: request.stepsize, smoothness: smoothness, workerCount: workerCount)
    timing = request.timing
    localSteps = request.method.localSteps ?? 0
    switch request.method {
    case .rennala, .buffered, .local: hasUpcoming = true
    default: hasUpcoming = false
    }
    valuesPerGradient = 8
    scratchCount = 8
    for size in batches.sizes {
      valuesPerGradient = max(valuesPerGradient, objective.valuesPerGradient(batchSize: size))
      scratchCount = max(scratchCount, objective.scratchCount(batchSize: size))
    }
    if localSteps > 0 {
      // A worker sends its iterate; its gradient of the moment goes to the end of the scratch space.
      gradientOffset = (scratchCount + 7) & ~7
      scratchCount = gradientOffset + valuesPerGradient
      valuesPerGradient = Vector.paddedCount(objective.dimension)
    }
    // The bias keeps ∇f at every read point.
    let isBiasWanted = if case .bias = request.readPoints { true } else { false }
    let studied = isBiasWanted ? Vector.paddedCount(objective.dimension) : 0
    let kept = method.keepsReadIterates ? Vector.paddedCount(objective.dimension) : 0
    let needed = Self.byteCount(
      slots: workerCount + 1, valuesPerSlot: valuesPerGradient + studied + kept,
      samplesPerSlot: batches.largestSize, dimension: objective.dimension)
    let limit = request.memoryLimitBytes ?? Self.physicalMemory
    guard needed <= limit else { throw .memory(neededBytes: needed, limitBytes: limit) }
    replaysThatFit = max(1, limit / max(1, needed))
    self.threads = threads
    // Virtual iterates and read points look at a gradient as soon as its iterate is read.
    let isObserved = request.tracksVirtualIterates || request.readPoints != .none
    let snapshots = 8 * (workerCount + 1) * Vector.paddedCount(objective.dimension)
    defersGradients =
      threads > 1 && localSteps == 0 && !isObserved
      && objective.operations(batchSize: batches.largestSize) >= DeferredGradients.leastOperations
      && snapshots <= limit - needed
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
