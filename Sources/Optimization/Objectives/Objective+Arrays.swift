import Kernels

extension Objective {
  /// f at a point given as `dimension` numbers.
  public func loss(atEntries entries: [Double]) -> Double {
    precondition(entries.count == dimension, "a point of \(entries.count), not \(dimension)")
    let point = Vector(entries)
    return loss(at: point.base)
  }
}
