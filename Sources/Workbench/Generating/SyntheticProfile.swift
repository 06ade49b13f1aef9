import Kernels

/// What the workers of a generated trace are like.
///
/// Every profile but `exponential` and `heavyTail` multiplies a worker's time by a log-normal factor
/// of mean 1, e^(σZ − σ²/2) with σ = `--sigma`, a draw of its own for each gradient. σ = 0 switches
/// it off: then equal workers are equal to the nanosecond.
///
/// F is `--slow`, M the number of workers, and the *formula* the effective count speed-up
/// (1/M) Σ s_max/s_m that the profile has in expectation as the number of gradients grows. A sample
/// of few gradients has more, since s_max is a maximum of noisy means.
public enum SyntheticProfile: String, Hashable, Sendable, CaseIterable {
  /// All workers alike. Formula 1.
  case equal
  /// All alike but the last, which takes F times as long. Formula F − (F − 1)/M.
  case oneSlow = "one-slow"
  /// s_m ∝ √(m + 1), the fastest first. Formula M^(−½) Σ_{i ≤ M} i^(−½) = 2 − O(M^(−½)).
  case sqrt
  /// All alike, with much noise. Formula 1; the realised ratio is that of the largest of M draws.
  case lognormal
  /// All alike, times exponential. Formula 1, realised H_M = 1 + ½ + … + 1/M.
  case exponential
  /// All alike, times Pareto with tail index α = `--shape`. Formula 1, realised ~ M^(1/α).
  case heavyTail = "heavy-tail"
  /// Each worker has slow episodes of its own, F times slower. Formula 1, the rest is random.
  case bursts
  /// The last worker slows down evenly, from 1 to F times. Formula that of `oneSlow` with (1 + F)/2.
  case drift
  /// All workers have their slow episodes at the same moments. Formula 1; asynchronous SGD gains
  /// less than from `bursts`, as nobody waits for one who alone is slow.
  case stalls

  /// What it does, for people.
  public var summary: String {
    switch self {
    case .equal: "workers alike"
    case .oneSlow: "the last worker slower by the factor of --slow"
    case .sqrt: "worker m takes √(m+1) times the mean time"
    case .lognormal: "workers alike, with strong log-normal noise (--sigma)"
    case .exponential: "workers alike, times exponential"
    case .heavyTail: "workers alike, times Pareto with the tail index of --shape"
    case .bursts: "workers alike, each with slow episodes of its own"
    case .drift: "the last worker slows down evenly, up to the factor of --slow"
    case .stalls: "workers alike, all with slow episodes at the same moments"
    }
  }

  /// Which of the profile options it knows.
  var parameters: Set<SyntheticParameter> {
    switch self {
    case .equal, .sqrt, .lognormal: [.sigma]
    case .oneSlow, .drift: [.sigma, .slow]
    case .exponential: []
    case .heavyTail: [.shape]
    case .bursts, .stalls: [.sigma, .slow, .episode, .share]
    }
  }

  /// The value of an option that is not given.
  func standard(_ parameter: SyntheticParameter) -> Double {
    switch parameter {
    case .sigma: self == .lognormal ? 0.5 : 0.1
    case .slow: self == .bursts || self == .stalls ? 5 : 2
    case .shape: 2.5
    case .episode: 10
    case .share: 0.1
    }
  }
}

/// A number that some profiles depend on, named as its option.
public enum SyntheticParameter: String, Hashable, Sendable, CaseIterable {
  /// σ of the logarithm of a gradient's time.
  case sigma
  /// F, how many times slower.
  case slow
  /// α, the tail index of the Pareto distribution.
  case shape
  /// How long an episode lasts, in mean times of a gradient.
  case episode
  /// The share of the time that is in episodes.
  case share

  /// Beyond these a trace is no trace any more: no mean (α ≤ 1), times of 0 or of centuries.
  var range: ClosedRange<Double> {
    switch self {
    case .sigma: 0...2
    case .slow: 0.001...1000
    case .shape: 1.05...100
    case .episode: 1...1e6
    case .share: 0...1
    }
  }
}

/// A trace to generate.
public struct SyntheticRequest: Hashable, Sendable {
  /// What the workers are like.
  public var profile: SyntheticProfile
  /// M
  public var workerCount: Int
  /// Of each worker.
  public var gradientCount: Int
  /// Of everything that is drawn.
  public var seed: UInt64
  /// The mean time of a gradient of a worker that is not slowed down; of worker 0 in `sqrt`.
  public var meanNs: Int64
  /// What was chosen; the others have their standard values.
  public var parameters: [SyntheticParameter: Double]

  public init(
    _ profile: SyntheticProfile, workerCount: Int = 8, gradientCount: Int = 200, seed: UInt64 = 1,
    meanNs: Int64 = 10_000_000, parameters: [SyntheticParameter: Double] = [:]
  ) {
    self.profile = profile
    self.workerCount = workerCount
    self.gradientCount = gradientCount
    self.seed = seed
    self.meanNs = meanNs
    self.parameters = parameters
  }

  subscript(parameter: SyntheticParameter) -> Double {
    parameters[parameter] ?? profile.standard(parameter)
  }

  /// (1/M) Σ s_max/s_m in expectation, as the number of gradients grows.
  public var expectedFormula: Double {
    let count = Double(workerCount)
    func oneSlow(_ factor: Double) -> Double {
      // Below 1 the last worker is the fast one, and all the others are the slowest.
      factor >= 1 ? ((count - 1) * factor + 1) / count : (count - 1 + 1 / factor) / count
    }
    switch profile {
    case .equal, .lognormal, .exponential, .heavyTail, .bursts, .stalls: return 1
    case .oneSlow: return workerCount == 1 ? 1 : oneSlow(self[.slow])
    case .drift: return workerCount == 1 ? 1 : oneSlow((1 + self[.slow]) / 2)
    case .sqrt:
      return (1...workerCount).reduce(0) { $0 + (count / Double($1)).squareRoot() } / count
    }
  }
}
