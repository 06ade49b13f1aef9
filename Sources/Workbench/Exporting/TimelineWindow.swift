/// Which part of a timeline is written: all that touches it, whole.
public struct TimelineWindow: Hashable, Sendable {
  /// Where it begins.
  public var fromNs: Int64
  /// Where it ends, which belongs to it.
  public var toNs: Int64

  public init(fromNs: Int64 = 0, toNs: Int64 = .max) {
    self.fromNs = fromNs
    self.toNs = toNs
  }

  /// Reads `10s..20s`; either end may be left out.
  ///
  /// - Throws: `Failure` with the code for usage.
  public init(parsing text: String) throws {
    guard let dots = text.firstRange(of: "..") else {
      throw Failure(
        .usage, "--window \(text): write where it begins and ends, as in 10s..20s, 10s.. or ..20s.")
    }
    let (from, to) = (text[..<dots.lowerBound], text[dots.upperBound...])
    fromNs = try from.isEmpty ? 0 : TimeText.nanoseconds(String(from))
    toNs = try to.isEmpty ? .max : TimeText.nanoseconds(String(to))
    guard fromNs <= toNs else {
      throw Failure(
        .usage, "--window \(text): it ends before it begins. Write the earlier time first.")
    }
  }

  /// Everything.
  public static let whole = TimelineWindow()

  func touches(_ startNs: Int64, _ endNs: Int64) -> Bool { startNs <= toNs && endNs >= fromNs }
}
