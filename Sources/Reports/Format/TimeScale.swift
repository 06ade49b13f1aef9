import TraceModel

/// The unit in which a figure or a table states its times, chosen once from its largest value.
///
/// Seconds take `ns µs ms s min h`; a trace without physical time has `units` and `k units`.
package struct TimeScale: Hashable, Sendable {
  /// Seconds (or units) in one of it.
  var seconds: Double
  var name: String

  package init(for largest: Double, unit: TimeUnit) {
    let size = largest.isFinite ? largest.magnitude : 0
    switch unit {
    case .relative:
      self = size >= 10_000 ? Self(1000, "k\(Numbers.thinSpace)units") : Self(1, "units")
    case .seconds:
      self =
        switch size {
        case 0: Self(1, "s")
        case ..<0.999_5e-6: Self(1e-9, "ns")
        case ..<0.999_5e-3: Self(1e-6, "µs")
        case ..<0.999_5: Self(1e-3, "ms")
        case ..<120: Self(1, "s")
        case ..<7200: Self(60, "min")
        default: Self(3600, "h")
        }
    }
  }

  private init(_ seconds: Double, _ name: String) {
    self.seconds = seconds
    self.name = name
  }

  func value(_ time: Double) -> Double { time / seconds }

  /// The bare number in this unit.
  func number(_ time: Double) -> String { Numbers.significant(value(time)) }

  /// Number and unit.
  package func text(_ time: Double) -> String { number(time) + Numbers.thinSpace + name }

  /// Number and unit, each time in the unit that suits it.
  static func text(_ time: Double, _ unit: TimeUnit) -> String {
    TimeScale(for: time, unit: unit).text(time)
  }

  /// `gradients per second`, or per thousand units.
  static func rateName(_ unit: TimeUnit) -> String {
    unit == .seconds ? "s" : "k\(Numbers.thinSpace)units"
  }

  /// A rate per second in the unit of ``rateName(_:)``.
  static func rate(_ perSecond: Double, _ unit: TimeUnit) -> Double {
    unit == .seconds ? perSecond : perSecond * 1000
  }
}
