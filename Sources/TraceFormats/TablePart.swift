import TraceModel

/// What one file of rows says of its workers, besides their gradients.
struct TablePart: Sendable {
  var workers = ByteTable()
  /// Of the sink that the file was read into; −1 for a worker that is left out.
  var handles: [Int32] = []
  /// Whether any duration of the worker was above 0.
  var hasTimes: [Bool] = []
  /// The first start and the last end of each worker.
  var firstStartsNs: [Int64] = []
  var lastEndsNs: [Int64] = []
  var gradientCount = 0
  var hasWaits = false
  var hasSteps = false
  /// Whether a row told when its gradient started or ended.
  var hasStarts = false
  /// Whether a row did not say how far it can be trusted.
  var hasUngraded = false
  var isRelative = false
  var kind: TraceKind?
  /// Times were dates.
  var hasDates = false
  /// Lines that the pattern of a log matched.
  var matchCount = 0

  var workerCount: Int { workers.count }

  init() {}

  func encode(to writer: inout PartWriter) {
    writer.put(list: Array(0..<workers.count)) {
      $0.put(Array(workers.bytes($1)))
      $0.put(Int64(handles[$1]))
      $0.put(hasTimes[$1])
      $0.put(firstStartsNs[$1])
      $0.put(lastEndsNs[$1])
    }
    writer.put(gradientCount)
    for flag in [hasWaits, hasSteps, hasStarts, hasUngraded, isRelative, hasDates] {
      writer.put(flag)
    }
    writer.put(optional: kind?.rawValue)
    writer.put(matchCount)
  }

  init(decoding reader: inout PartReader) throws(PartReader.Damaged) {
    let count = try reader.int()
    guard count >= 0, count < Int(Int32.max) else { throw PartReader.Damaged() }
    for index in 0..<count {
      let label = try reader.list()
      let (entered, isNew) = label.withUnsafeBytes { workers.index(of: $0) }
      guard isNew, entered == index, let handle = Int32(exactly: try reader.number()) else {
        throw PartReader.Damaged()
      }
      handles.append(handle)
      hasTimes.append(try reader.flag())
      firstStartsNs.append(try reader.number())
      lastEndsNs.append(try reader.number())
    }
    gradientCount = try reader.int()
    hasWaits = try reader.flag()
    hasSteps = try reader.flag()
    hasStarts = try reader.flag()
    hasUngraded = try reader.flag()
    isRelative = try reader.flag()
    hasDates = try reader.flag()
    kind = try reader.optionalText().flatMap { TraceKind(rawValue: $0) }
    matchCount = try reader.int()
  }
}
