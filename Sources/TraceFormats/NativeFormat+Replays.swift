import ByteStreams
import TraceModel

/// The replays behind the gradients of a native file.
extension NativeReader {
  /// Hands all rows to the sink, if it keeps replays, and returns how many replays there are.
  func readReplays(_ lines: inout NativeLines, workerCount: Int) throws -> Int {
    let count = try lines.next("the number of its replays") { scanner in
      try scanner.expect("replays")
      let count = Int(try scanner.whole("replays"))
      try scanner.expectEnd()
      return count
    }
    for place in 0..<count {
      let rowCounts = try lines.next("replay \(place) of \(count)") { scanner in
        try scanner.expect("replay")
        try scanner.enterObject()
        try self.take(try scanner.row(of: .replay), .replay)
        var counts: [Int] = []
        for table in ReplayTable.dependent {
          try scanner.expect(key: table.rawValue)
          counts.append(Int(try scanner.whole(key: table.rawValue)))
        }
        try scanner.expectEnd()
        return counts
      }
      var check = ReplayRowCheck(workerCount: workerCount)
      for (table, rowCount) in zip(ReplayTable.dependent, rowCounts) {
        for index in 0..<rowCount {
          try lines.next("row \(index) of the \(table.rawValue) of replay \(place)") { scanner in
            let row = try scanner.row(of: table)
            try check.check(row, table)
            try self.take(row, table)
          }
        }
      }
    }
    return count
  }
}

/// What the schema and the readers of a store demand of rows beyond the kinds of their values.
private struct ReplayRowCheck {
  let workerCount: Int
  private var lastDelay: (worker: Int64, delay: Int64) = (-1, 0)
  private var delaySum: Int64 = 0

  init(workerCount: Int) {
    self.workerCount = workerCount
  }

  mutating func check(_ row: [StoredValue], _ table: ReplayTable) throws {
    typealias Reason = TraceFormatError.Reason
    func number(_ column: Int) -> Int64? {
      if case .integer(let number) = row[column] { number } else { nil }
    }
    switch table {
    case .replay, .point: return
    case .delay:
      guard let worker = number(0), let delay = number(1), let count = number(2),
        worker < workerCount, (worker, delay) > lastDelay
      else { throw Reason.brokenNative("the delays are not in order of worker and delay") }
      lastDelay = (worker, delay)
      let (sum, overflow) = delaySum.addingReportingOverflow(count)
      guard !overflow else { throw Reason.brokenNative("there are more than 2^63 delays") }
      delaySum = sum
    case .ledger:
      guard let worker = number(0), worker < workerCount else {
        throw Reason.brokenNative("the trace has no worker of this index")
      }
      if let applied = number(2), let read = number(1), applied <= read {
        throw Reason.brokenNative("the gradient was applied before it was read")
      }
      if let start = number(4), let end = number(5), end < start {
        throw Reason.endBeforeStart(startNs: start, endNs: end)
      }
    }
  }
}

extension JSONScanner {
  /// The rest of an object that was entered: every column of the table in order, and no more.
  fileprivate mutating func row(of table: ReplayTable) throws -> [StoredValue] {
    var row: [StoredValue] = []
    for column in table.columns {
      try expect(key: column.name)
      let value: StoredValue? =
        switch column.kind {
        case .integer(let least):
          try optionalWhole(key: column.name, from: least).map { .integer($0) }
        case .real: try optionalReal(column.name).map { .real($0) }
        case .text: try optionalText(column.name).map { .text($0) }
        }
      guard value != nil || column.isOptional else {
        throw Reason.brokenNative("“\(column.name)” is null")
      }
      row.append(value ?? .null)
    }
    try expectEnd()
    if table == .replay { try check(replay: row) }
    return row
  }

  private func check(replay row: [StoredValue]) throws {
    for (column, value) in zip(ReplayTable.replay.columns, row) {
      let isRight =
        switch (column.name, value) {
        case ("outcome", .text(let text)): JSONScanner.isOutcome(text)
        case ("delay_identity", .integer(let flag)): flag <= 1
        case ("wall_seconds", .real(let seconds)): seconds >= 0
        default: true
        }
      guard isRight else {
        throw TraceFormatError.Reason.brokenNative("“\(column.name)” is nothing it can be")
      }
    }
  }

  private static func isOutcome(_ text: String) -> Bool {
    if text == "completed" || text == "exhausted" { return true }
    guard text.hasPrefix("diverged("), text.hasSuffix(")") else { return false }
    let digits = text.dropFirst("diverged(".count).dropLast()
    return digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && Int(digits) != nil
  }
}
