import Foundation
import Optimization
import ReplayEngine
import TraceModel

/// A replay worked out elsewhere: by an independent implementation (`../shared/golden` beside this
/// checkout) or by hand (`fixtures/golden/replays`). The format is that of the former's README.
struct GoldenCase: Decodable {
  struct Parameters: Decodable {
    var gamma: Double
    var rule: String?
    var smoothness: Double?
    var c: Double?
    var tauLimit: Int?
    var handout: String?
    var need: Int?
    var collect: Int?
    var delayLimit: Int?
    var stops: Bool?

    enum CodingKeys: String, CodingKey {
      case smoothness = "L"
      case collect = "B"
      case delayLimit = "R"
      case gamma, rule, c, tauLimit, handout, need, stops
    }
  }
  struct Timings: Decodable {
    var durations: [[Int64]]
    var onEnd: String
    var turnarounds: [[Int64]]?
  }
  struct Stop: Decodable {
    var updates: Int?
    var time: Int64?
    var gradients: Int?
  }
  struct Update: Decodable {
    var k: Int
    var time: Int64
    var worker: Int
    var tau: Int
    var gamma: Double
    var f: Double?
    var gradNormSq: Double?
    var virtualDistanceSq: Double?
  }
  struct Delays: Decodable {
    var updateCount: Int
    var tauSum: Int
    var tauMean: Double
    var tauMax: Int
    var tauMedian: Double
    var tauHistogram: [String: Int]
    var stalenessMean: Double?
    var stalenessMax: Int?
    var inverseTauMean: Double?
    /// Of each worker, the updates since its own last one.
    var inFlightAge: [Int]?

    enum CodingKeys: String, CodingKey {
      case updateCount = "K"
      case tauSum, tauMean, tauMax, tauMedian, tauHistogram
      case stalenessMean, stalenessMax, inverseTauMean, inFlightAge
    }
  }
  enum ArrivalField: Decodable, Equatable {
    case number(Int)
    case fate(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .fate(try container.decode(String.self))
      }
    }
  }
  struct Expected: Decodable {
    var f0: Double
    var updates: [Update]
    var finalX: [Double]
    var arrivals: [[ArrivalField]]
    var completedPerWorker: [Int]
    var aborted: Int
    var discarded: Int
    var delayStats: Delays?
  }

  var name: String
  var algorithm: String
  var params: Parameters
  var objective: GoldenProblem
  var trace: Timings
  var samples: [[[Int32]]]?
  var x0: [Double]
  var stop: Stop
  var expected: Expected
}

struct GoldenProblem: Decodable {
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

  /// nil for a kind that no objective here has.
  func build() -> (any Objective)? {
    switch kind {
    case "least_squares":
      LeastSquares(rows: rows ?? [], targets: b ?? [])
    case "logistic":
      Logistic(rows: rows ?? [], labels: y ?? [], l2: lam ?? 0)
    case "quadratic":
      QuadraticObjective(
        matrix: rows ?? [], linear: b ?? [], constant: c ?? 0, noise: noise ?? [])
    case "mlp":
      MultilayerPerceptron(
        rows: inputs ?? [], labels: labels ?? [], hidden: [hidden ?? 0],
        classCount: classes ?? 0, l2: lam ?? 0)
    default:
      nil
    }
  }
}

extension GoldenCase {
  var method: MethodChoice? {
    switch algorithm {
    case "minibatch": return .minibatch
    case "backup": return .backup(need: params.need ?? 0)
    case "rennala": return .rennala(collect: params.collect ?? 0, abort: params.stops ?? false)
    case "ringmaster":
      return .ringmaster(delayLimit: params.delayLimit ?? 0, abort: params.stops ?? false)
    case "buffered": return .buffered(collect: params.collect ?? 0)
    case "async":
      let rules: [String: StepsizeRule] = [
        "constant": .constant, "delay_clipped": .adaptive, "delay_scaled": .scaled,
        "delay_drop": .drop, "staleness_inverse": .inverse,
      ]
      guard let rule = rules[params.rule ?? "constant"] else { return nil }
      return .async(rule: rule, delayLimit: params.tauLimit, adaptiveConstant: params.c ?? 4)
    default: return nil
    }
  }

  var recordedTrace: Trace {
    var trace = makeTrace(trace.durations)
    for (worker, turnarounds) in (self.trace.turnarounds ?? []).enumerated() {
      trace.workers[worker].turnaroundsNs = turnarounds
    }
    return trace
  }

  var batches: [SampleColumn]? {
    samples.map { workers in
      workers.map { batches in
        var column = SampleColumn()
        for batch in batches { column.append(batch) }
        return column
      }
    }
  }

  func request(_ method: MethodChoice) -> ReplayRequest {
    ReplayRequest(
      method: method, stepsize: params.gamma, smoothness: params.smoothness,
      horizon: Horizon(
        timeNs: stop.time, updateCount: stop.updates, gradientCount: stop.gradients),
      atEnd: trace.onEnd == "stop" ? .stop : .repeat, batchSize: 0,
      handout: params.handout == "before" ? .before : .after, initial: x0,
      evaluation: .everyUpdates(1), tracksVirtualIterates: true)
  }
}

/// Where cases lie, and which are there.
enum GoldenFiles {
  private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let shared = checkout.deletingLastPathComponent().appendingPathComponent("shared/golden")
  static let byHand = checkout.appendingPathComponent("fixtures/golden/replays")

  static func names(in folder: URL) -> [String] {
    let entries = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (entries ?? []).filter { $0.hasSuffix(".json") }.sorted()
  }

  static func read(_ name: String, in folder: URL) throws -> GoldenCase {
    let data = try Data(contentsOf: folder.appendingPathComponent(name))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(GoldenCase.self, from: data)
  }
}
