extension TraceEdit {
  /// The edit as one argument of `whatif`: `drop:17`, `scale:3=0.5`, `comm:+2ms`.
  public var text: String {
    switch self {
    case .drop(let label): "drop:\(label.text)"
    case .dropHost(let host): "drop:host=\(host)"
    case .scale(let label, let factor): "scale:\(label?.text ?? "*")=\(Self.number(factor))"
    case .add(let count, .percentile(let percent)): "add:\(count)@p\(Self.number(percent))"
    case .add(let count, .worker(let label)): "add:\(count)@\(label.text)"
    case .communication(let ns): "comm:\(ns < 0 ? "-" : "+")\(Self.time(ns.magnitude))"
    case .fail(let label, let fromNs, let toNs):
      "fail:\(label.text)@\(Self.time(fromNs.magnitude))..\(Self.time(toNs.magnitude))"
    case .multiply(let factor): "workers:\(factor)x"
    case .mix(let other): "mix:\(other.name)"
    }
  }

  /// Shortest round-trip form, whole numbers without a point.
  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Exact, in the largest unit that leaves at most three decimals: `2.5ms`, `1200ns`.
  private static func time(_ ns: UInt64) -> String {
    let units: [(name: String, ns: UInt64)] = [
      ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
    ]
    for unit in units where ns >= unit.ns && ns % (unit.ns / 1000) == 0 {
      let thousandths = ns % unit.ns / (unit.ns / 1000)
      guard thousandths > 0 else { return "\(ns / unit.ns)\(unit.name)" }
      var decimals = String(1000 + thousandths).dropFirst()
      while decimals.last == "0" { decimals.removeLast() }
      return "\(ns / unit.ns).\(decimals)\(unit.name)"
    }
    return "\(ns)ns"
  }
}
