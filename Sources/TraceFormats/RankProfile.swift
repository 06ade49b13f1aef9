import TraceModel

/// What one file says of one rank: its steps, with the waiting in them worked out.
struct RankProfile: Sendable {
  struct Step: Sendable {
    var number: Int64
    var window: Stretch
    /// |⋃ collectives ∖ ⋃ compute| inside the window, in nanoseconds.
    var exposedNs: Int64
  }

  var rank: Int64?
  /// What the worker is called if neither a rank nor the name of the file says it.
  var label: String?
  var worldSize: Int64?
  var host: String?
  var baseNs: Int64?
  /// The groups that are neither one rank nor all of them, as people know them.
  var partialGroups: [String]
  /// The replica that the file's data-parallel groups put the rank in.
  var replica: Int?
  var steps: [Step]
  var hasCollectives: Bool
  /// Times have digits below the microsecond.
  var hasFractions: Bool

  init(_ profile: PyTorchProfile) {
    rank = profile.rank
    label = profile.label
    worldSize = profile.worldSize
    host = profile.host
    baseNs = profile.baseNs
    partialGroups = profile.groups.filter { $0.isPart(of: profile.worldSize ?? 0) }.map {
      "\($0.description.isEmpty ? $0.name : $0.description) (\($0.size))"
    }
    replica = profile.rank.flatMap { profile.groups.replica(of: $0) }
    steps = profile.steps.map {
      Step(number: $0.number, window: $0.window, exposedNs: $0.exposedNs)
    }
    hasCollectives = profile.hasCollectives
    hasFractions = profile.hasFractions
  }

  func encode(to writer: inout PartWriter) {
    writer.put(optional: rank)
    writer.put(optional: label)
    writer.put(optional: worldSize)
    writer.put(optional: host)
    writer.put(optional: baseNs)
    writer.put(list: partialGroups) { $0.put($1) }
    writer.put(optional: replica.map { Int64($0) })
    writer.put(list: steps) {
      $0.put($1.number)
      $0.put($1.window.start)
      $0.put($1.window.end)
      $0.put($1.exposedNs)
    }
    writer.put(hasCollectives)
    writer.put(hasFractions)
  }

  init(decoding reader: inout PartReader) throws(PartReader.Damaged) {
    rank = try reader.optionalNumber()
    label = try reader.optionalText()
    worldSize = try reader.optionalNumber()
    host = try reader.optionalText()
    baseNs = try reader.optionalNumber()
    partialGroups = try reader.list { (reader) throws(PartReader.Damaged) in try reader.text() }
    replica = try reader.optionalNumber().map { Int($0) }
    steps = try reader.list { (reader) throws(PartReader.Damaged) in
      Step(
        number: try reader.number(),
        window: Stretch(start: try reader.number(), end: try reader.number()),
        exposedNs: try reader.number())
    }
    hasCollectives = try reader.flag()
    hasFractions = try reader.flag()
  }
}
