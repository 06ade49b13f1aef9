import ByteStreams
import Optimization
import TraceFormats
import TraceModel
import TraceStore

/// What the fuzzer's bytes are fed to.
///
/// An error is an answer. A trap, a hang, memory beyond the limit or a broken promise of the result
/// is a finding.
enum Decoder: String, CaseIterable {
  case csv, ndjson, native, pytorch, ray, horovod, chrome, spark, rates, nsys, log
  /// Whatever format claims the bytes, compressed or not.
  case detected
  /// Objects of JSON that are taken at once.
  case objects
  case payload
  case data
  case objective

  func decode(_ bytes: UnsafeRawBufferPointer) {
    switch self {
    case .objects: decodeObjects(bytes)
    case .payload: decodePayload(bytes)
    case .data: decodeData(bytes)
    case .objective: decodeObjective(bytes)
    case .detected: decodeTrace(bytes, as: nil)
    case .nsys: decodeFile(bytes)
    case .csv, .ndjson, .native, .pytorch, .ray, .horovod, .chrome, .spark, .rates, .log:
      decodeTrace(bytes, as: TraceFormat(rawValue: rawValue))
    }
  }

  /// Reads with an odd little buffer, so that every token meets its edge. The last byte chooses its
  /// size: a file with a newline at its end is a seed as it is.
  private func decodeTrace(_ bytes: UnsafeRawBufferPointer, as format: TraceFormat?) {
    guard let last = bytes.last else { return }
    var options = ReadOptions(format: format, bufferSize: 64 + Int(last))
    switch self {
    case .chrome:
      options.event = "e"
      options.rankBy = [.process, .thread]
      if last & 1 == 1 { options.stepBy = "step" }
    case .log: options.pattern = "(?<worker>[a-z]+) (?<duration>[0-9.e+-]+)"
    default: break
    }
    let sink = CheckingSink()
    do {
      let source = try ByteSource(
        path: "fuzz", bytes: Array(bytes), bufferSize: options.bufferSize)
      _ = try readTrace(from: source, options: options, into: sink)
      precondition(sink.gradientCount > 0, "a trace without a gradient was taken")
    } catch {
      precondition(!"\(error)".isEmpty, "an error without words")
    }
  }

  func decodeNsys(at path: String) {
    let sink = CheckingSink()
    do {
      _ = try readTrace(
        at: path, options: ReadOptions(format: .nsys, event: "step"), into: sink)
    } catch {
      precondition(!"\(error)".isEmpty, "an error without words")
    }
  }

  private func decodePayload(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 4 else { return }
    let claimed = Int(bytes[0]) | Int(bytes[1]) << 8
    let firstStart = Int64(bytes[2]) << 50
    // A payload as it is, or columns that are packed here: no mutation would make a frame of zstd.
    var payload =
      bytes[3] >= 0x80
      ? Array(bytes[4...])
      : [ChunkPayload.version, bytes[3], 0, 0, 0, 0] + frame(bytes.dropFirst(4))
    // The checksum is mended, else no mutation would get past it.
    ChunkPayload.seal(&payload)
    guard
      let columns = try? ChunkPayload().unpack(
        payload, gradientCount: claimed, firstStart: firstStart)
    else { return }
    precondition(columns.count == claimed, "\(columns.count) gradients where \(claimed) were said")
    for (start, next) in zip(columns.starts, columns.starts.dropFirst()) {
      precondition(start <= next, "a start before the one before it")
    }
    precondition(columns.durations.allSatisfy { $0 > 0 }, "a duration that is not above 0")
    guard let packed = try? ChunkPayload().pack(columns),
      let again = try? ChunkPayload().unpack(
        packed, gradientCount: claimed, firstStart: firstStart)
    else { preconditionFailure("what was unpacked cannot be packed") }
    precondition(again == columns, "packing changed the gradients")
  }

  /// A frame that states its size, of one raw block (RFC 8878, 3.1.1).
  private func frame(_ content: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
    let content = content.prefix(100_000)
    let size = UInt32(content.count)
    let block = size << 3 | 1
    return [0x28, 0xb5, 0x2f, 0xfd, 0xa0]
      + (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * UInt32($0))) }
      + (0..<3).map { UInt8(truncatingIfNeeded: block >> (8 * UInt32($0))) } + Array(content)
  }

  private func decodeData(_ bytes: UnsafeRawBufferPointer) {
    var parser = DataParser(path: "fuzz")
    var number = 0
    do {
      for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
        number += 1
        try parser.consume(UnsafeRawBufferPointer(rebasing: line), number: number)
      }
      let data = try parser.finish()
      precondition(data.targets.count == data.rows.rowCount, "a row without a label")
      precondition(data.rows.values.allSatisfy(\.isFinite), "a number that is not finite")
    } catch {
      precondition(!"\(error)".isEmpty, "an error without words")
    }
  }

  private func decodeObjective(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let spec = try? ObjectiveSpec(parsing: text) else { return }
    // What we print of an objective is a way to ask for it.
    guard let again = try? ObjectiveSpec(parsing: spec.description) else {
      preconditionFailure("'\(spec.description)' cannot be read back")
    }
    precondition(again.description == spec.description, "'\(again.description)' differs")
  }
}

/// A sink that holds readers to what they promise.
final class CheckingSink: TraceSink {
  private(set) var gradientCount = 0
  private var labels: [WorkerLabel] = []

  private struct LongLabel: Error {}

  func worker(labelled label: WorkerLabel, host: String?, trust: TrustGrade) throws -> Int {
    // The store refuses these too: a label of another encoding grows when it is decoded.
    guard label.text.utf8.count <= WorkerLabel.byteSizeLimit else { throw LongLabel() }
    precondition(!label.text.isEmpty, "a label without text")
    labels.append(label)
    return labels.count - 1
  }

  func append(_ gradient: GradientInterval, worker handle: Int) {
    precondition(labels.indices.contains(handle), "a gradient of nobody")
    precondition(gradient.durationNs >= 0, "a negative duration")
    precondition(gradient.waitNs >= 0, "a negative wait")
    let (_, overflow) = gradient.startNs.addingReportingOverflow(gradient.durationNs)
    precondition(!overflow, "an end beyond 2^63 ns")
    gradientCount += 1
  }

  func report(_ issue: ImportIssue) {
    precondition(issue.count > 0, "an issue that did not happen")
  }
}
