import CKernels

/// What random words are drawn for.
///
/// No two uses share a stream. If batches and durations did, noise would be tied to delay.
public enum RandomStream: UInt32, Sendable, CaseIterable {
  /// Which samples a gradient uses.
  case batches = 0
  /// The noise of a quadratic.
  case gradientNoise = 1
  /// Entries that `--at-end resample` draws.
  case resampledDurations = 2
  /// x_0 of a network.
  case initialIterate = 3
  /// Generated data.
  case data = 4
  /// Resamples behind intervals.
  case bootstrap = 5
  /// Permutations and shuffles.
  case shuffles = 6
  /// Edits of a trace.
  case whatIf = 7
  /// Generated traces; not `whatIf`, or an edit of one would draw the words that made it.
  case syntheticTraces = 8
}

/// Random words that have names instead of an order.
///
/// Word (m, j, i) is word i mod 4 of the Philox4x32-10 block with the counter (i / 4, j low, j high,
/// m) and the key (seed low, seed high XOR stream). There is no state: a gradient computed early, late
/// or on another thread draws the same batch, and so does the other algorithm in a comparison.
///
/// Reference: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct CounterStream: Hashable, Sendable {
  /// Which use of randomness this is; no two share one.
  public let stream: RandomStream
  /// As on the command line.
  public let seed: UInt64

  public init(stream: RandomStream, seed: UInt64) {
    self.stream = stream
    self.seed = seed
  }

  private var keyLow: UInt32 { UInt32(truncatingIfNeeded: seed) }
  private var keyHigh: UInt32 { UInt32(truncatingIfNeeded: seed >> 32) ^ stream.rawValue }

  /// The four words i = 4·block … 4·block + 3.
  private func block(
    _ block: UInt32, worker: UInt32, gradient: UInt64
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    philox(
      counter: (
        block, UInt32(truncatingIfNeeded: gradient), UInt32(truncatingIfNeeded: gradient >> 32),
        worker
      ),
      key: (keyLow, keyHigh))
  }

  /// Word `index` of the `gradient`-th gradient of a worker.
  ///
  /// - Parameters:
  ///   - worker: m, the worker's position in the original trace, also after edits.
  ///   - gradient: j, counted from 0 over the gradients that the worker started.
  ///   - index: i, below 2^34.
  public func word(worker: Int, gradient: Int, index: Int) -> UInt32 {
    let words = block(
      UInt32(index >> 2), worker: UInt32(worker), gradient: UInt64(gradient))
    switch index & 3 {
    case 0: return words.0
    case 1: return words.1
    case 2: return words.2
    default: return words.3
    }
  }

  /// Draws `count` of n samples with replacement: word w picks ⌊w n / 2^32⌋.
  ///
  /// No sample is favoured by more than n / 2^32 of its probability, and no word is ever thrown away,
  /// which rejection would need.
  ///
  /// - Precondition: n in 1 … 2^31.
  public func drawSamples(
    count: Int, of n: Int, worker: Int, gradient: Int,
    into samples: UnsafeMutablePointer<Int32>
  ) {
    precondition(n >= 1 && n <= 1 << 31, "a batch from \(n) samples")
    outpace_draw_batch(
      keyLow, keyHigh, UInt32(worker), UInt64(gradient), UInt32(n), samples, count)
    let n = UInt64(n)
    var index = count & ~31
    while index < count {
      let words = block(
        UInt32(index >> 2), worker: UInt32(worker), gradient: UInt64(gradient))
      samples[index] = Int32((UInt64(words.0) &* n) >> 32)
      if index + 1 < count { samples[index + 1] = Int32((UInt64(words.1) &* n) >> 32) }
      if index + 2 < count { samples[index + 2] = Int32((UInt64(words.2) &* n) >> 32) }
      if index + 3 < count { samples[index + 3] = Int32((UInt64(words.3) &* n) >> 32) }
      index += 4
    }
  }

  /// How many gradients ``drawAhead(of:worker:gradient:into:)`` draws for.
  public static let aheadCount = 8

  /// Draws one of n samples for each of eight gradients of a worker: the same as `drawSamples` with a
  /// count of 1 for each, in a seventh of the time.
  ///
  /// - Parameters:
  ///   - gradient: the first of the eight, a multiple of 8.
  ///   - samples: eight places.
  /// - Precondition: n in 1 … 2^31.
  public func drawAhead(
    of n: Int, worker: Int, gradient: Int, into samples: UnsafeMutablePointer<Int32>
  ) {
    precondition(n >= 1 && n <= 1 << 31, "a batch from \(n) samples")
    precondition(gradient & 7 == 0, "eight gradients from \(gradient)")
    outpace_draw_ahead(
      keyLow, keyHigh, UInt32(worker), UInt64(gradient), UInt32(n), samples)
  }

  /// Draws `count` different ones of n samples by Floyd's algorithm, one word each: for
  /// t = n − count … n − 1 word w takes ⌊w (t + 1) / 2^32⌋, or t if that is already taken.
  ///
  /// Looks for repetitions by walking over what was drawn, since batches are small and nothing is to
  /// be allocated: O(count²).
  ///
  /// - Precondition: `count` ≤ n, n in 1 … 2^31.
  public func drawDistinctSamples(
    count: Int, of n: Int, worker: Int, gradient: Int,
    into samples: UnsafeMutablePointer<Int32>
  ) {
    precondition(n >= 1 && n <= 1 << 31 && count <= n, "a batch of \(count) from \(n) samples")
    for index in 0..<count {
      let t = n - count + index
      let word = word(worker: worker, gradient: gradient, index: index)
      let pick = Int32((UInt64(word) &* UInt64(t + 1)) >> 32)
      var isTaken = false
      for earlier in 0..<index where samples[earlier] == pick { isTaken = true }
      samples[index] = isTaken ? Int32(t) : pick
    }
  }

  /// Writes words 0 ..< count as uniform numbers (w + ½) / 2^32, which are never 0 or 1.
  public func fillUniform(
    _ numbers: UnsafeMutablePointer<Double>, count: Int, worker: Int, gradient: Int
  ) {
    outpace_fill_uniform(
      keyLow, keyHigh, UInt32(worker), UInt64(gradient), numbers, count)
  }

  /// Writes words 0 ..< count as standard normal numbers: the quantile at the uniform one.
  public func fillNormal(
    _ numbers: UnsafeMutablePointer<Double>, count: Int, worker: Int, gradient: Int
  ) {
    outpace_fill_normal(
      keyLow, keyHigh, UInt32(worker), UInt64(gradient), numbers, count)
  }
}
