import ByteStreams
import TraceModel

/// A table with a worker and its gradients per second in each row: one gradient of 1/rate seconds.
///
/// Columns are `worker` and `rate`, `rate_per_s` or `gradients_per_second`, or those named by
/// ``ReadOptions/columns``; `host` is optional, and other columns are passed over. Like our other
/// tables it refuses a line that is no rate.
struct RatesReader: FileReader {
  private struct Layout {
    var worker: Int
    var rate: Int
    var host: Int?
    var names: [String]
  }

  private static let rateNames = ["rate_per_s", "rate", "gradients_per_second", "gradients_per_s"]

  private let options: ReadOptions
  private let log: IssueLog

  init(options: ReadOptions, log: IssueLog) {
    self.options = options
    self.log = log
  }

  static func claims(_ head: FileHead, options: ReadOptions) -> Bool {
    guard let names = CSVTraceReader.header(of: head.bytes) else { return false }
    return (try? layout(names, options)) != nil
  }

  func read(_ source: ByteSource) throws -> FilePart.Content {
    let head = try FileHead(source)
    let lines = LineReader(source: source, bufferSize: options.bufferSize)
    var table = CSVReader(lines: lines, separator: CSVTraceReader.separator(of: head.bytes))
    let path = source.path
    var writer = RowWriter(options: options, log: log)
    var rowCount = 0
    guard try table.next() else { throw TraceFormatError(reason: .empty, path: path) }
    do {
      let layout = try RatesReader.layout(table.fieldTexts(), options)
      while try table.next() {
        rowCount += 1
        do {
          try write(table, layout, to: &writer, path)
          if table.isUnterminated {
            log.count(.unterminatedLineKept, at: "\(path):\(table.lineNumber)")
          }
        } catch let reason as TraceFormatError.Reason {
          guard table.endsInOneLine else { throw reason }
          log.count(
            .unterminatedLineDropped, byte: table.byteOffset, at: "\(path):\(table.lineNumber)")
        }
      }
    } catch let reason as TraceFormatError.Reason {
      throw TraceFormatError(reason: reason, path: path, place: .line(table.lineNumber))
    }
    if table.isTruncated { log.count(.cutCompressedStream, at: path) }
    let part = writer.takePart()
    log.tally(read: rowCount, used: part.gradientCount)
    return .table(part)
  }

  private func write(
    _ table: borrowing CSVReader, _ layout: Layout, to writer: inout RowWriter, _ path: String
  ) throws {
    guard table.fieldCount == layout.names.count else {
      throw TraceFormatError.Reason.fieldCount(
        expected: layout.names.count, found: table.fieldCount)
    }
    let row = GradientRow(
      durationNs: try RatesReader.durationNs(
        ofRate: table.field(layout.rate), layout.names[layout.rate]))
    try writer.write(
      row, worker: table.field(layout.worker), host: layout.host.map { table.field($0) },
      halfResolutionNs: 1, path: path, line: table.lineNumber)
  }

  /// 1/rate in nanoseconds, rounded to the nearest, from the digits as they are written.
  static func durationNs(
    ofRate text: UnsafeRawBufferPointer, _ name: @autoclosure () -> String
  ) throws(TraceFormatError.Reason) -> Int64 {
    // With 15 digits behind the point slow rates keep their precision; fast ones need fewer.
    for (scale, dividend) in [(15, 24), (9, 18)] {
      let rate: Int64
      do {
        rate = try DecimalText.scaled(text, by: scale)
      } catch .overflow where scale == 15 {
        continue
      } catch {
        // The same again, in the words that all tables use.
        _ = try CellText.time(text, scale: scale, name())
        continue
      }
      guard rate > 0 else { throw .notARate(column: name(), text: CellText.excerpt(text)) }
      var power = (high: UInt64(0), low: UInt64(1))
      for _ in 0..<dividend {
        let low = power.low.multipliedFullWidth(by: 10)
        power = (power.high * 10 + low.high, low.low)
      }
      let divisor = UInt64(rate)
      guard power.high < divisor else {
        throw .overflow(column: "1/\(name())", text: "1/\(CellText.excerpt(text))")
      }
      let (quotient, remainder) = divisor.dividingFullWidth(power)
      let rounded = quotient + (remainder >= divisor - remainder ? 1 : 0)
      guard let durationNs = Int64(exactly: rounded) else {
        throw .overflow(column: "1/\(name())", text: "1/\(CellText.excerpt(text))")
      }
      return durationNs
    }
    throw .overflow(column: name(), text: CellText.excerpt(text))
  }

  private static func layout(
    _ names: [String], _ options: ReadOptions
  ) throws(TraceFormatError.Reason) -> Layout {
    func column(_ role: ColumnRole, _ own: [String]) throws(TraceFormatError.Reason) -> Int? {
      if let wanted = options.columns[role] {
        guard let index = names.firstIndex(of: wanted) else {
          throw .missingMappedColumn(role: role.rawValue, name: wanted, found: names)
        }
        return index
      }
      for name in own {
        if let index = names.firstIndex(of: name) { return index }
      }
      return nil
    }
    guard let worker = try column(.worker, ["worker"]) else {
      throw .missingColumn(role: "worker", found: names)
    }
    guard let rate = try column(.rate, rateNames) else {
      throw .missingColumn(role: "rate", found: names)
    }
    return Layout(worker: worker, rate: rate, host: try column(.host, ["host"]), names: names)
  }
}
