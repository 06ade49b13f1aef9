/// The function f(x) = (1/n) Σ f_i(x) + regulariser that a replay minimises, and what a worker
/// computes of it.
///
/// An objective is a pure function: it may be evaluated anywhere, in any order and on any thread.
/// Every pointer to an iterate or a dense gradient has `Vector.paddedCount(dimension)` entries,
/// 64-byte aligned, the padding zero.
///
/// A gradient *in flight* is kept in `valuesPerGradient` numbers beside the indices of its batch.
/// For linear models without a regulariser that is one number a sample, since ∇f_i(x) = c_i a_i;
/// for others it is the dense gradient. Only the objective knows which.
public protocol Objective: Sendable {
  /// d, the number of parameters.
  var dimension: Int { get }
  /// n, the number of samples that a batch is drawn from.
  var sampleCount: Int { get }
  /// L of the whole objective, or nil where there is none (hinge) or only an estimate (mlp).
  var smoothness: Double? { get }
  /// A number that is L or more and cheap to have; nil where there is no L.
  var smoothnessBound: Double? { get }
  /// f*, or nil where it cannot be had.
  var minimum: Double? { get }
  /// Whether ``minimum`` is known to be nil before anything is computed for it.
  var lacksMinimum: Bool { get }
  /// x* with `dimension` entries, or nil where it cannot be had.
  var minimizer: [Double]? { get }

  /// A number that is f(x) or more, but for rounding, without a pass over the data; nil where there is none.
  ///
  /// - Complexity: O(d); the first call may look at the data once.
  /// - Precondition: All entries of x are finite.
  func lossBound(at x: UnsafePointer<Double>) -> Double?

  /// f(x). O(n·d).
  func loss(at x: UnsafePointer<Double>) -> Double

  /// Writes ∇f(x) to `gradient` (padded, padding zero) and returns f(x). O(n·d).
  func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double

  /// f at several points and, unless `gradients` is empty, ∇f: the bits of as many calls of ``loss(at:)`` or
  /// ``lossAndGradient(at:into:)``. Objectives of many rows fetch each of them once for all points.
  ///
  /// - Parameters:
  ///   - losses: as many as there are points.
  ///   - gradients: where to write ∇f, a place a point; or none.
  func evaluate(
    at points: [UnsafePointer<Double>], losses: inout [Double],
    gradients: [UnsafeMutablePointer<Double>])

  /// The numbers that one gradient in flight takes, a multiple of eight. `batchSize` 0 means the
  /// exact gradient (`batch=full`), which is dense.
  func valuesPerGradient(batchSize: Int) -> Int

  /// The numbers of scratch space that `computeGradient` wants. Contents do not matter.
  func scratchCount(batchSize: Int) -> Int

  /// About how many multiplications a gradient takes; `batchSize` 0 means the exact one. It only decides
  /// whether threads are worth their cost.
  func operations(batchSize: Int) -> Int

  /// Computes the mean gradient of a batch at x, regulariser included, into `values`.
  ///
  /// - Parameters:
  ///   - samples: indices in `0 ..< sampleCount`, repetitions allowed; empty for the exact gradient.
  ///   - x: the iterate as the worker read it.
  ///   - values: `valuesPerGradient(batchSize: samples.count)` numbers.
  ///   - scratch: `scratchCount(batchSize: samples.count)` numbers.
  func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>)

  /// Whether the gradient of one sample is one number ℓ′ times its row, where ℓ′ follows from a prediction.
  ///
  /// Then ``predict(_:at:fetching:)`` and ``differentiate(_:of:count:)`` together do what `computeGradient` does
  /// of one sample, with the same bits, and the derivatives of several gradients can be taken at once.
  var hasScalarGradients: Bool { get }

  /// The prediction for a sample at x.
  ///
  /// - Parameter ahead: a sample whose second half is brought near meanwhile; −1 for none.
  func predict(_ sample: Int32, at x: UnsafePointer<Double>, fetching ahead: Int32) -> Double

  /// Replaces the predictions for `count` samples by what `computeGradient` leaves for each alone.
  func differentiate(
    _ predictions: UnsafeMutablePointer<Double>, of samples: UnsafePointer<Int32>, count: Int)

  /// As `add` for the gradient of one sample.
  ///
  /// - Parameter ahead: a sample whose first half is brought near meanwhile; −1 for none.
  func add(
    _ scale: Double, times slope: Double, of sample: Int32, to y: UnsafeMutablePointer<Double>,
    fetching ahead: Int32)

  /// That `add`, then the prediction for another sample at what y has become, with the bits of both.
  ///
  /// - Parameter ahead: a sample that is brought near meanwhile; −1 for none.
  func add(
    _ scale: Double, times slope: Double, of sample: Int32, to y: UnsafeMutablePointer<Double>,
    thenPredict next: Int32, fetching ahead: Int32
  ) -> Double

  /// Several of these in turn for `count` vectors, with the bits of each alone: in step j, y_m += scales_jm · a
  /// for the row a of sample j, then the prediction for another sample.
  ///
  /// - Parameters:
  ///   - scales: scale times slope, those of a step together.
  ///   - samples, next: of each step, at most 8 steps.
  ///   - predictions: steps × vectors.
  ///   - ahead: samples that are brought near meanwhile, at most 8.
  func add(
    _ scales: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafePointer<UnsafeMutablePointer<Double>>, thenPredict next: UnsafePointer<Int32>,
    into predictions: UnsafeMutablePointer<Double>, count: Int,
    fetching ahead: UnsafeBufferPointer<Int32>)

  /// Whether rows are brought near while others are worked on, and not by ``anticipate(_:)``.
  var fetchesInParts: Bool { get }

  /// Whether a batch drawn at random has to be waited for, since the data outgrow the caches.
  var gainsFromAnticipation: Bool { get }

  /// A hint that `computeGradient` of this batch comes soon. It changes nothing but the time.
  func anticipate(_ samples: UnsafeBufferPointer<Int32>)

  /// y += scale · g, where g is the gradient that `computeGradient` left in `values`.
  func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>)

  /// x_0 where the user gives none: `dimension` numbers, zeros unless zero is a bad place to start.
  func initialIterate(seed: UInt64) -> [Double]

  /// Hands out the bytes that identify the data, in pieces, for a digest: little-endian doubles.
  func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void)
}

extension Objective {
  public var smoothnessBound: Double? { nil }
  public var lacksMinimum: Bool { false }
  public func lossBound(at x: UnsafePointer<Double>) -> Double? { nil }

  public func operations(batchSize: Int) -> Int {
    2 * dimension * (batchSize == 0 ? sampleCount : batchSize)
  }

  public func evaluate(
    at points: [UnsafePointer<Double>], losses: inout [Double],
    gradients: [UnsafeMutablePointer<Double>]
  ) {
    for (place, point) in points.enumerated() {
      losses[place] =
        gradients.isEmpty
        ? loss(at: point) : lossAndGradient(at: point, into: gradients[place])
    }
  }

  public var hasScalarGradients: Bool { false }
  public var fetchesInParts: Bool { false }

  public func predict(
    _ sample: Int32, at x: UnsafePointer<Double>, fetching ahead: Int32
  ) -> Double {
    preconditionFailure("gradients of this objective are not numbers")
  }

  public func differentiate(
    _ predictions: UnsafeMutablePointer<Double>, of samples: UnsafePointer<Int32>, count: Int
  ) {
    preconditionFailure("gradients of this objective are not numbers")
  }

  public func add(
    _ scale: Double, times slope: Double, of sample: Int32, to y: UnsafeMutablePointer<Double>,
    fetching ahead: Int32
  ) {
    preconditionFailure("gradients of this objective are not numbers")
  }

  public func add(
    _ scale: Double, times slope: Double, of sample: Int32, to y: UnsafeMutablePointer<Double>,
    thenPredict next: Int32, fetching ahead: Int32
  ) -> Double {
    preconditionFailure("gradients of this objective are not numbers")
  }

  public func add(
    _ scales: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafePointer<UnsafeMutablePointer<Double>>, thenPredict next: UnsafePointer<Int32>,
    into predictions: UnsafeMutablePointer<Double>, count: Int,
    fetching ahead: UnsafeBufferPointer<Int32>
  ) {
    preconditionFailure("gradients of this objective are not numbers")
  }

  public var gainsFromAnticipation: Bool { false }

  public func anticipate(_ samples: UnsafeBufferPointer<Int32>) {}

  public func initialIterate(seed: UInt64) -> [Double] {
    [Double](repeating: 0, count: dimension)
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {}
}
