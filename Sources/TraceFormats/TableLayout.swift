import ByteStreams

/// Which column holds what, and in which unit.
struct TableLayout {
  /// One of our own names, or one of the user's.
  struct Column {
    var role: ColumnRole
    var index: Int
    /// The power of ten that turns its numbers into nanoseconds.
    var scale: Int
    /// One of our own columns of times without physical unit, as `duration_relative`.
    var isRelative = false
  }

  private(set) var columns: [Column] = []
  let names: [String]

  /// Finds the columns that are needed among `names`.
  ///
  /// - Throws: `missingColumn` with what was found, so that the message can show a remedy.
  init(names: [String], options: ReadOptions) throws(TraceFormatError.Reason) {
    self.names = names
    for role in ColumnRole.allCases where role != .rate {
      if let wanted = options.columns[role] {
        guard let index = names.firstIndex(of: wanted) else {
          throw .missingMappedColumn(role: role.rawValue, name: wanted, found: names)
        }
        let unit = options.unit ?? unitSuffix(wanted) ?? .seconds
        columns.append(
          Column(role: role, index: index, scale: unit.scale, isRelative: unit == .relative))
      } else if let (index, unit) = ownColumn(role, in: names) {
        columns.append(
          Column(
            role: role, index: index, scale: unit.scale, isRelative: unit == .relative))
      }
    }
    guard self[.worker] != nil else { throw .missingColumn(role: "worker", found: names) }
    guard self[.duration] != nil || (self[.start] != nil && self[.end] != nil) else {
      throw .missingColumn(role: "duration", found: names)
    }
    for column in columns where names.count(where: { $0 == names[column.index] }) > 1 {
      throw .columnTwice(name: names[column.index])
    }
    let times = columns.filter(\.role.isTime)
    guard Set(times.map(\.isRelative)).count == 1 else { throw .mixedUnits }
  }

  subscript(role: ColumnRole) -> Column? { columns.first { $0.role == role } }

  /// Where the rows are plain: a worker and its times, and nothing else that we read. Nil if there is
  /// more to it.
  var plainShape: PlainRowShape? {
    guard let worker = self[.worker], columns.count <= 3,
      columns.allSatisfy({ [.worker, .start, .duration, .end].contains($0.role) })
    else { return nil }
    let start = self[.start].map { (column: $0.index, scale: $0.scale) }
    let last: Column
    switch (self[.duration], self[.end]) {
    case (let duration?, nil): last = duration
    case (nil, let end?): last = end
    default: return nil
    }
    // One column for two things is read as it always was.
    guard Set(columns.map(\.index)).count == columns.count else { return nil }
    return PlainRowShape(
      fieldCount: names.count, name: worker.index, last: last.index, lastScale: last.scale,
      first: start, isSpan: last.role == .end)
  }

  /// What a column is for that has this name, or nil.
  static func column(named name: String, options: ReadOptions) -> Column? {
    for role in ColumnRole.allCases where role != .rate {
      if let wanted = options.columns[role] {
        guard wanted == name else { continue }
        let unit = options.unit ?? unitSuffix(name) ?? .seconds
        return Column(
          role: role, index: 0, scale: unit.scale, isRelative: unit == .relative)
      }
      if let (_, unit) = ownColumn(role, in: [name]) {
        return Column(
          role: role, index: 0, scale: unit.scale, isRelative: unit == .relative)
      }
    }
    return nil
  }
}

extension ColumnRole {
  var isTime: Bool {
    switch self {
    case .start, .duration, .end, .wait, .turnaround: true
    case .worker, .step, .samples, .host, .trust, .kind, .rate: false
    }
  }
}

/// Whether a table with these column names is one of ours, or one that `options` describe.
func claimsTable(names: [String], options: ReadOptions) -> Bool {
  (try? TableLayout(names: names, options: options)) != nil
}

/// Finds one of our own columns: `worker`, `duration_ms`, `duration_relative` and so on.
private func ownColumn(_ role: ColumnRole, in names: [String]) -> (Int, ColumnUnit)? {
  guard role.isTime else {
    return names.firstIndex(of: role.rawValue).map { ($0, .nanoseconds) }
  }
  for (index, name) in names.enumerated() {
    if let unit = ColumnUnit.allCases.first(where: { name == "\(role.rawValue)_\($0.rawValue)" }) {
      return (index, unit)
    }
  }
  return nil
}

/// The unit that somebody else's column says by its ending, as `Step_Time_MS`.
func unitSuffix(_ name: String) -> ColumnUnit? {
  let name = name.lowercased()
  return ColumnUnit.allCases.first { $0 != .relative && name.hasSuffix("_" + $0.rawValue) }
}
