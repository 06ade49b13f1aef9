import Analysis
import Foundation
import Reports
import TraceModel

/// Edits of a trace as they are written on the command line.
public struct WhatIfRecipe: Sendable {
  /// The edits as they were written, in order.
  public var texts: [String]
  /// Of what the edits draw.
  public var seed: UInt64

  public init(_ texts: [String], seed: UInt64 = 1) {
    self.texts = texts
    self.seed = seed
  }

  /// The traces that are mixed in, as TRACE arguments.
  public var mixed: [String] {
    texts.filter { $0.hasPrefix("mix:") }.map { String($0.dropFirst(4)) }
  }

  /// Whether an edit concerns what exchanges with the server cost.
  var editsTurnaround: Bool { texts.contains { $0.hasPrefix("comm:") } }

  /// - Parameter others: one for each of ``mixed``.
  func edits(on trace: Trace, others: [Trace]) throws -> [TraceEdit] {
    var others = others[...]
    return try texts.map { text in
      let kind = text.prefix { $0 != ":" }
      let rest = String(text.dropFirst(kind.count + 1))
      guard text.contains(":"), !rest.isEmpty else { throw Self.failure(text) }
      switch kind {
      case "drop": return try Self.drop(rest, on: trace)
      case "scale": return try Self.scale(rest, text)
      case "add": return try Self.add(rest, text)
      case "comm": return try Self.communication(rest, text)
      case "fail": return try Self.fail(rest, text)
      case "workers": return try Self.workers(rest, text)
      case "mix":
        guard let other = others.popFirst() else { throw Self.failure(text) }
        return .mix(other)
      default: throw Self.failure(text)
      }
    }
  }

  private static func failure(_ text: String) -> Failure {
    Failure(
      .usage,
      "'\(Labels.visible(text))' is no edit. Write drop:17, drop:host=gpu-a, scale:3=0.5, add:4@p50, "
        + "comm:+2ms, fail:9@10s..30s, workers:10x or mix:TRACE.")
  }

  private static func drop(_ rest: String, on trace: Trace) throws -> TraceEdit {
    let isLabel = trace.workers.contains { $0.worker.label.text == rest }
    if rest.hasPrefix("host="), !isLabel { return .dropHost(String(rest.dropFirst(5))) }
    return .drop(WorkerLabel(rest))
  }

  /// The label ends at the last `=`; `*` is everybody.
  private static func scale(_ rest: String, _ text: String) throws -> TraceEdit {
    guard let sign = rest.lastIndex(of: "="), sign > rest.startIndex else { throw failure(text) }
    let number = String(rest[rest.index(after: sign)...])
    guard let factor = Double(number), factor > 0, factor.isFinite else {
      throw Failure(
        .usage, "\(text): '\(number)' is no factor. Write a number above 0; 0.5 is twice as fast.")
    }
    let label = String(rest[..<sign])
    return .scale(label == "*" ? nil : WorkerLabel(label), factor)
  }

  private static func add(_ rest: String, _ text: String) throws -> TraceEdit {
    guard let at = rest.firstIndex(of: "@"), let count = Int(rest[..<at]), count >= 1 else {
      throw Failure(
        .usage, "\(text): write how many workers and whom they are like, as in add:4@p50.")
    }
    let donor = String(rest[rest.index(after: at)...])
    guard donor.first == "p", let percent = Double(donor.dropFirst()) else {
      return .add(count, like: .worker(WorkerLabel(donor)))
    }
    guard (0...100).contains(percent) else {
      throw Failure(
        .usage, "\(text): there is no such percentile. Write p0, the fastest worker, to p100.")
    }
    return .add(count, like: .percentile(percent))
  }

  private static func communication(_ rest: String, _ text: String) throws -> TraceEdit {
    let isLess = rest.hasPrefix("-") || rest.hasPrefix("−")
    let digits = isLess || rest.hasPrefix("+") ? String(rest.dropFirst()) : rest
    let ns = try TimeText.nanoseconds(digits)
    return .communication(ns: isLess ? -ns : ns)
  }

  private static func fail(_ rest: String, _ text: String) throws -> TraceEdit {
    guard let at = rest.lastIndex(of: "@"), at > rest.startIndex,
      let dots = rest[at...].range(of: "..")
    else {
      throw Failure(
        .usage, "\(text): write the worker and from when to when, as in fail:9@10s..30s.")
    }
    let from = try TimeText.nanoseconds(String(rest[rest.index(after: at)..<dots.lowerBound]))
    let to = try TimeText.nanoseconds(String(rest[dots.upperBound...]))
    return .fail(WorkerLabel(String(rest[..<at])), fromNs: from, toNs: to)
  }

  private static func workers(_ rest: String, _ text: String) throws -> TraceEdit {
    guard rest.hasSuffix("x"), let factor = Int(rest.dropLast()), factor >= 1, factor <= 1_000_000
    else {
      throw Failure(.usage, "\(text): write how many times as many workers, as in workers:10x.")
    }
    return .multiply(factor)
  }
}
