import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// The top of the repository.
let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func fixture(_ name: String) -> String {
  repository.appendingPathComponent("fixtures/\(name)").path
}

/// Real traces that may not be committed lie beside the repository, where there are any.
func corpus(_ name: String) -> String {
  repository.deletingLastPathComponent().appendingPathComponent("shared/traces/\(name)").path
}

func hasCorpus(_ name: String) -> Bool { FileManager.default.fileExists(atPath: corpus(name)) }

/// A condition that skips a test, with a reason, where the real traces are not there.
func needsCorpus(_ name: String) -> ConditionTrait {
  .enabled(if: hasCorpus(name), "the real trace shared/traces/\(name) is not here")
}

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("outpace-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  @discardableResult
  func write(_ text: String, as name: String) throws -> String {
    try write(Array(text.utf8), as: name)
  }
}

/// Reads a text as if it were a file called `name`.
func read(
  _ text: String, as name: String = "x", _ options: ReadOptions = ReadOptions()
) throws -> (sink: CollectingSink, facts: TraceFacts) {
  try read(Array(text.utf8), as: name, options)
}

func read(
  _ bytes: [UInt8], as name: String = "x", _ options: ReadOptions = ReadOptions()
) throws -> (sink: CollectingSink, facts: TraceFacts) {
  let sink = CollectingSink()
  let source = try ByteSource(path: name, bytes: bytes, bufferSize: options.bufferSize)
  let facts = try readTrace(from: source, options: options, into: sink)
  return (sink, facts)
}

/// The message with which a text is refused.
func refusal(
  _ text: String, as name: String = "x", _ options: ReadOptions = ReadOptions()
) -> String? {
  do {
    _ = try read(text, as: name, options)
    return nil
  } catch {
    return "\(error)"
  }
}

struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Reads a text with a few bytes changed: it is read or refused, and every duration is above 0.
func checkMutations(
  of text: String, seed: UInt64, format: TraceFormat, _ options: ReadOptions = ReadOptions()
) {
  var random = SplitMix64(seed: seed)
  var bytes = Array(text.utf8)
  for _ in 0..<Int.random(in: 1...4, using: &random) {
    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
  }
  var options = options
  options.format = format
  options.bufferSize = seed % 2 == 0 ? 5 : 4096
  let sink = CollectingSink()
  do {
    _ = try readTrace(from: try ByteSource(path: "x", bytes: bytes), options: options, into: sink)
  } catch {
    #expect(error is TraceFormatError || error is ByteStreamError, "\(error)")
  }
  #expect(sink.workers.flatMap(\.gradients).allSatisfy { $0.durationNs > 0 })
}
