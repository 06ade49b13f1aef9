import Foundation
import Kernels
import Testing

#if arch(x86_64) && os(Linux)
  /// Against the C library's functions on 80-bit numbers, whose error is a thousandth of our ulp.
  ///
  /// Each function is looked at in some ten thousand places, or in as many as are asked for. Ten million and
  /// more of each, in two minutes:
  ///
  ///     OUTPACE_ACCURACY_POINTS=5000000 swift test -c release --disable-testable-imports --filter AccuracyTests
  @Suite("Accuracy")
  struct AccuracyTests {
    /// How many units in the last place `value` is from `exact`.
    private func ulps(_ value: Double, _ exact: Float80) -> Double {
      let rounded = Double(exact)
      if rounded.isInfinite || rounded.isNaN || value.isInfinite || value.isNaN {
        return value == rounded || (value.isNaN && rounded.isNaN) ? 0 : .infinity
      }
      return Double(abs(Float80(value) - exact) / Float80(rounded.ulp))
    }

    private func worst(
      _ inputs: [Double], _ function: (Double) -> Double, _ exact: (Float80) -> Float80
    ) -> (ulps: Double, at: Double) {
      var worst = (ulps: 0.0, at: 0.0)
      for input in inputs {
        let found = ulps(function(input), exact(Float80(input)))
        if found > worst.ulps { worst = (found, input) }
      }
      return worst
    }

    /// Points of a grid: some thousand, unless the environment asks for more.
    private static let count =
      ProcessInfo.processInfo.environment["OUTPACE_ACCURACY_POINTS"].flatMap { Int($0) } ?? 8000

    /// Evenly spaced.
    private func grid(_ low: Double, _ high: Double) -> [Double] {
      let count = Self.count
      let step = high - low
      return (0..<count).map { (place: Int) -> Double in
        low + step * (Double(place) + 0.37) / Double(count)
      }
    }

    @Test("exp is within 1 ulp, subnormal results too")
    func exponential() {
      let found = worst(
        grid(-745, 709.7) + grid(-2, 2) + grid(-746, -700), portableExp, { Foundation.exp($0) })
      #expect(found.ulps < 1, "at \(found.at)")
    }

    @Test("log is within 1 ulp")
    func logarithm() {
      let tiny = grid(1, 1000).map { $0 * .leastNonzeroMagnitude }
      let found = worst(
        grid(0.0001, 3) + grid(0.9, 1.1) + grid(1, 1e300) + tiny, portableLog,
        { Foundation.log($0) })
      #expect(found.ulps < 1, "at \(found.at)")
    }

    @Test("log1p is within 1 ulp")
    func logarithmPlusOne() {
      let found = worst(
        grid(-0.9999, 3) + grid(-0.3, 0.5) + grid(-1e-6, 1e-6) + grid(1, 1e18) + grid(1, 1e5),
        portableLog1p, { Foundation.log1p($0) })
      #expect(found.ulps < 1, "at \(found.at)")
    }

    @Test("tanh is within 2 ulp")
    func hyperbolicTangent() {
      let found = worst(grid(-25, 25) + grid(-1, 1), portableTanh, { Foundation.tanh($0) })
      #expect(found.ulps < 2, "at \(found.at)")
    }

    @Test("sigmoid and softplus are within 3 ulp")
    func logistic() {
      let inputs = grid(-700, 40) + grid(-5, 5)
      let first = worst(inputs, sigmoid) { x in
        x < 0 ? Foundation.exp(x) / (1 + Foundation.exp(x)) : 1 / (1 + Foundation.exp(-x))
      }
      #expect(first.ulps < 3, "at \(first.at)")
      let second = worst(inputs, softplus) { Foundation.log1p(Foundation.exp($0)) }
      #expect(second.ulps < 3, "at \(second.at)")
    }
  }
#endif

@Suite("Edges of elementary functions")
struct EdgeTests {
  /// The three values that the algorithm's paper tests itself with, and the quartile's mirror.
  @Test("The normal quantile has its published values")
  func quantile() {
    let published = [
      (0.25, -0.6744897501960817), (0.75, 0.6744897501960817), (0.001, -3.090232306167814),
      (1e-20, -9.262340089798408), (0.975, 1.959963984540054),
    ]
    for (p, expected) in published {
      #expect(abs(normalQuantile(p) - expected) < 1e-15 * abs(expected) + 2 * expected.ulp)
    }
    #expect(normalQuantile(0.5) == 0)
  }

  @Test("Infinities, zeros and NaN")
  func edges() {
    #expect(portableExp(0) == 1)
    #expect(portableExp(-.infinity) == 0)
    #expect(portableExp(.infinity) == .infinity)
    #expect(portableExp(.nan).isNaN)
    #expect(portableExp(-745) == .leastNonzeroMagnitude)
    #expect(portableExp(-746) == 0)
    #expect(portableExp(709) < .infinity)
    #expect(portableExp(710) == .infinity)
    #expect(portableLog(0) == -.infinity)
    #expect(portableLog(-0.0) == -.infinity)
    #expect(portableLog(1) == 0)
    #expect(portableLog(-1).isNaN)
    #expect(portableLog(.infinity) == .infinity)
    #expect(portableLog(.nan).isNaN)
    #expect(portableLog1p(-1) == -.infinity)
    #expect(portableLog1p(-1.5).isNaN)
    #expect(portableLog1p(-0.0).bitPattern == (-0.0).bitPattern)
    #expect(portableLog1p(1e-300) == 1e-300)
    #expect(portableLog1p(.infinity) == .infinity)
    #expect(portableTanh(-0.0).bitPattern == (-0.0).bitPattern)
    #expect(portableTanh(.infinity) == 1)
    #expect(portableTanh(-.infinity) == -1)
    #expect(portableTanh(.nan).isNaN)
    #expect(portableTanh(.leastNonzeroMagnitude) == .leastNonzeroMagnitude)
    #expect(sigmoid(-.infinity) == 0)
    #expect(sigmoid(.infinity) == 1)
    #expect(sigmoid(0) == 0.5)
    #expect(softplus(1000) == 1000)
    #expect(softplus(-.infinity) == 0)
    #expect(softplus(.infinity) == .infinity)
    #expect(softplus(.nan).isNaN)
  }
}
