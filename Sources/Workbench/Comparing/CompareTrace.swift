import Analysis
import ReplayEngine
import Reports
import TraceModel

/// What an analysis of durations depends on besides the trace.
public struct AnalysisChoices: Hashable, Sendable {
  /// Which turnarounds are charged.
  public var turnaround: TurnaroundPolicy
  /// Of resamples and permutations.
  public var seed: UInt64
  /// B_crit = σ²/ε; nil for M.
  public var noiseScale: Double?
  /// Server time an update.
  public var serverNs: Int64
  /// Whether batches may be rebalanced by speed.
  public var allowsRebalancing: Bool
  /// Time of each gradient that does not grow with the batch.
  public var fixedCostNs: Int64
  /// What a subset leaves out as one; nil for hosts where they matter.
  public var leavesOut: LeftOut?
  /// Whether turnarounds are charged where they change the ratio by less than 5% too.
  public var alwaysChargesTurnaround = false

  public init(
    turnaround: TurnaroundPolicy = .recorded, seed: UInt64 = 1, noiseScale: Double? = nil,
    serverNs: Int64 = 0, allowsRebalancing: Bool = true, fixedCostNs: Int64 = 0,
    leavesOut: LeftOut? = nil
  ) {
    self.turnaround = turnaround
    self.seed = seed
    self.noiseScale = noiseScale
    self.serverNs = serverNs
    self.allowsRebalancing = allowsRebalancing
    self.fixedCostNs = fixedCostNs
    self.leavesOut = leavesOut
  }
}

/// Says what is in a trace, from durations alone.
public func inspectTrace(
  _ opened: OpenedTrace, _ choices: AnalysisChoices = AnalysisChoices()
) -> Inspection {
  var inspection = inspect(
    opened.trace,
    options: InspectionOptions(
      turnaround: choices.turnaround, seed: choices.seed,
      alwaysChargesTurnaround: choices.alwaysChargesTurnaround))
  // The store knows the trace's number and span; the analysis only sees its gradients.
  inspection.trace = opened.summary
  return inspection
}

/// Sets the policies side by side on one trace, from durations alone, with the verdict.
public func compareTrace(
  _ opened: OpenedTrace, inspection: Inspection, _ choices: AnalysisChoices = AnalysisChoices()
) throws -> Comparison {
  compare(opened.trace, inspection: inspection, options: try choices.comparisonOptions())
}

extension AnalysisChoices {
  /// - Throws: `Failure` for a noise scale below 0.
  func comparisonOptions() throws -> ComparisonOptions {
    if let scale = noiseScale, !(scale >= 0) {
      throw Failure(.usage, "--noise-scale \(scale): B_crit is a number from 0 on.")
    }
    return ComparisonOptions(
      noiseScale: noiseScale, serverSeconds: Double(serverNs) / 1e9,
      allowsRebalancing: allowsRebalancing, fixedCostSeconds: Double(fixedCostNs) / 1e9,
      turnaround: turnaround, seed: seed, leavesOut: leavesOut)
  }

  /// Sets what is left out as one, from `host` or `worker`.
  public mutating func setLeavesOut(_ text: String) throws {
    guard let kind = LeftOut(rawValue: text) else {
      throw Failure(.usage, "--by \(text): write host or worker.")
    }
    leavesOut = kind
  }
}
