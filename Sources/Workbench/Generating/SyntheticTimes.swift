import Kernels

/// The draws of a generated trace, and the times of each profile as functions of them.
///
/// Draws are Philox words with names, so gradient j of worker m takes the same time in a trace of 8
/// workers as in one of 800, and whichever is made first.
struct SyntheticTimes {
  private let request: SyntheticRequest
  private let stream: CounterStream
  private let mean: Double

  /// Which word of a gradient's block of words is for what.
  private enum Use: Int {
    case duration = 0
    /// Counted by episode instead of gradient.
    case episode = 4
  }

  init(_ request: SyntheticRequest) {
    self.request = request
    stream = CounterStream(stream: .syntheticTraces, seed: request.seed)
    mean = Double(request.meanNs)
  }

  /// The nanoseconds of gradient j of worker m, which starts at a time of the trace.
  func duration(worker: Int, gradient: Int, startNs: Int64) -> Double {
    switch request.profile {
    case .equal, .lognormal: equal(worker, gradient)
    case .oneSlow: oneSlow(worker, gradient)
    case .sqrt: squareRoot(worker, gradient)
    case .exponential: exponential(worker, gradient)
    case .heavyTail: heavyTail(worker, gradient)
    case .bursts: episodic(worker, gradient, startNs, episodesOf: worker)
    case .stalls: episodic(worker, gradient, startNs, episodesOf: 0)
    case .drift: drift(worker, gradient)
    }
  }

  /// mean · e^(σZ − σ²/2): log-normal with the mean `mean`.
  private func equal(_ worker: Int, _ gradient: Int) -> Double {
    let sigma = request[.sigma]
    guard sigma > 0 else { return mean }
    let z = normalQuantile(uniform(worker, gradient))
    return mean * portableExp(sigma * z - sigma * sigma / 2)
  }

  /// F times as long for the last worker.
  private func oneSlow(_ worker: Int, _ gradient: Int) -> Double {
    let isSlow = worker == request.workerCount - 1
    return equal(worker, gradient) * (isSlow ? request[.slow] : 1)
  }

  /// √(m + 1) times as long for worker m.
  private func squareRoot(_ worker: Int, _ gradient: Int) -> Double {
    equal(worker, gradient) * Double(worker + 1).squareRoot()
  }

  /// −mean · log U.
  private func exponential(_ worker: Int, _ gradient: Int) -> Double {
    -mean * portableLog(uniform(worker, gradient))
  }

  /// x_min U^(−1/α) with x_min = mean (α − 1)/α: Pareto with the mean `mean`.
  private func heavyTail(_ worker: Int, _ gradient: Int) -> Double {
    let shape = request[.shape]
    return mean * (shape - 1) / shape
      * portableExp(-portableLog(uniform(worker, gradient)) / shape)
  }

  /// 1 + (F − 1) j/(N − 1) times as long for the last worker.
  private func drift(_ worker: Int, _ gradient: Int) -> Double {
    guard worker == request.workerCount - 1, request.gradientCount > 1 else {
      return equal(worker, gradient)
    }
    let progress = Double(gradient) / Double(request.gradientCount - 1)
    return equal(worker, gradient) * (1 + (request[.slow] - 1) * progress)
  }

  /// Work that an episode slows down by F while it lasts.
  ///
  /// Time is cut into slots of `--episode` mean times; a slot is an episode with the probability
  /// `--share`, drawn per slot and owner. A gradient that reaches over the end of a slot does each
  /// part of its work at the speed of its slot, so an episode has the same end for whoever is in it.
  private func episodic(
    _ worker: Int, _ gradient: Int, _ startNs: Int64, episodesOf owner: Int
  ) -> Double {
    let slotLength = request[.episode] * mean
    var work = equal(worker, gradient)
    var elapsed = 0.0
    var slot = (Double(startNs) / slotLength).rounded(.down)
    while true {
      let factor = isEpisode(Int(slot), of: owner) ? request[.slow] : 1
      let room = (slot + 1) * slotLength - (Double(startNs) + elapsed)
      if work * factor <= room { return elapsed + work * factor }
      work -= max(0, room) / factor
      elapsed += max(0, room)
      slot += 1
    }
  }

  private func isEpisode(_ slot: Int, of owner: Int) -> Bool {
    let word = stream.word(worker: owner, gradient: slot, index: Use.episode.rawValue)
    return (Double(word) + 0.5) / 0x1p32 < request[.share]
  }

  /// In (0, 1).
  private func uniform(_ worker: Int, _ gradient: Int) -> Double {
    let word = stream.word(worker: worker, gradient: gradient, index: Use.duration.rawValue)
    return (Double(word) + 0.5) / 0x1p32
  }
}
