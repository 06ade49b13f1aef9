import Foundation
import Optimization
import TestSupport
import Testing

/// The cases that an independent implementation worked out; see their README.
private let goldenFolder = Repository.corpus?.appendingPathComponent("golden")

private let goldenFiles: [String] =
  (goldenFolder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) } ?? [])
  .filter { $0.hasSuffix(".json") }.sorted()

/// One golden file, as far as it is about the objective.
private struct GoldenCase: Decodable {
  struct Problem: Decodable {
    var kind: String
    var rows: [[Double]]?
    var inputs: [[Double]]?
    var b: [Double]?
    var y: [Double]?
    var c: Double?
    var noise: [[Double]]?
    var labels: [Int]?
    var hidden: Int?
    var classes: Int?
    var lam: Double?

    enum CodingKeys: String, CodingKey {
      case rows = "A"
      case inputs = "Z"
      case kind, b, y, c, noise, labels, hidden, classes, lam
    }
  }
  struct Expected: Decodable { var f0: Double }

  var objective: Problem
  var x0: [Double]
  var expected: Expected

  func build() -> (any Objective)? {
    switch objective.kind {
    case "least_squares":
      return LeastSquares(rows: objective.rows ?? [], targets: objective.b ?? [])
    case "logistic":
      return Logistic(
        rows: objective.rows ?? [], labels: objective.y ?? [], l2: objective.lam ?? 0)
    case "quadratic":
      return QuadraticObjective(
        matrix: objective.rows ?? [], linear: objective.b ?? [], constant: objective.c ?? 0,
        noise: objective.noise ?? [])
    case "mlp":
      return MultilayerPerceptron(
        rows: objective.inputs ?? [], labels: objective.labels ?? [],
        hidden: [objective.hidden ?? 0], classCount: objective.classes ?? 0,
        l2: objective.lam ?? 0)
    default:
      return nil
    }
  }
}

@Suite("Golden objectives")
struct GoldenObjectiveTests {
  @Test(
    "f(x_0) is what an independent implementation found",
    .enabled(if: !goldenFiles.isEmpty, "no ../shared/golden beside this checkout"),
    arguments: goldenFiles)
  func startingLoss(file: String) throws {
    let data = try Data(contentsOf: #require(goldenFolder).appendingPathComponent(file))
    let golden = try JSONDecoder().decode(GoldenCase.self, from: data)
    let objective = try #require(golden.build(), "an objective of unknown kind")
    #expect(abs(objective.loss(golden.x0) - golden.expected.f0) < 1e-9)
  }
}
