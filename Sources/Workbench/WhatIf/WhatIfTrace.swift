import Analysis
import Foundation
import Reports
import TraceModel
import TraceStore

/// A trace and what it would be after some edits, with the same figures of both.
public struct WhatIfResult: Sendable {
  /// The edits.
  public var recipe: WhatIfRecipe
  /// The trace as it was recorded.
  public var original: ComparedTrace
  /// The trace after the edits.
  public var edited: ComparedTrace
  /// Where the edited trace was kept, if it was.
  public var saved: ImportReport?
}

/// Says what a trace would be after some edits.
///
/// Where an edit concerns turnarounds they are charged before and after, however little they change:
/// otherwise the 5% from which they count would hide what was asked, or part of it.
///
/// - Parameters:
///   - others: the traces of `mix:` edits, in their order.
///   - saveName: keeps the edited trace under this name in `databasePath`, with its recipe; the same
///     recipe on the same trace is one trace, however often it is kept.
/// - Throws: `Failure` with the code for usage for an edit that cannot be read, or that the trace does
///   not allow.
public func whatIf(
  _ opened: OpenedTrace, _ recipe: WhatIfRecipe, others: [OpenedTrace] = [],
  _ choices: AnalysisChoices = AnalysisChoices(), saveName: String? = nil,
  databasePath: String? = nil
) throws -> WhatIfResult {
  try Failure.mapping {
    let trace = try editedTrace(opened, recipe, others: others)
    var choices = choices
    if recipe.editsTurnaround { choices.alwaysChargesTurnaround = true }
    let inspection = inspectTrace(opened, choices)
    let original = ComparedTrace(
      inspection: inspection,
      comparison: try compareTrace(opened, inspection: inspection, choices))
    var changed = OpenedTrace(
      trace: trace, summary: summary(of: trace), importNotes: [],
      argument: opened.argument, isKept: false, store: opened.store)
    if let saveName {
      changed.trace.name = saveName
      changed.summary.name = saveName
    }
    let saved = try saveName.map { _ in
      try keepTrace(
        changed.trace,
        source: "outpace whatif \(opened.summary.name) "
          + recipe.texts.joined(separator: " "), in: databasePath ?? defaultDatabasePath,
        optionsJSON: JSONWriter(.compact).string(
          recipeJSON(recipe, on: opened.summary, others: others.map(\.summary))))
    }
    if let saved { changed.summary = saved.trace }
    let after = inspectTrace(changed, choices)
    return WhatIfResult(
      recipe: recipe, original: original,
      edited: ComparedTrace(
        inspection: after, comparison: try compareTrace(changed, inspection: after, choices)),
      saved: saved)
  }
}

/// The trace after the edits of a recipe, in memory.
func editedTrace(
  _ opened: OpenedTrace, _ recipe: WhatIfRecipe, others: [OpenedTrace]
) throws -> Trace {
  let edits = try recipe.edits(on: opened.trace, others: others.map(\.trace))
  do {
    var trace = try edited(opened.trace, by: edits, seed: recipe.seed)
    trace.name = "\(opened.trace.name), edited"
    trace.format = "whatif"
    return trace
  } catch {
    throw Failure(
      .usage,
      Labels.visible("\(recipe.texts[error.position]): \(error.reason.description)"))
  }
}

private func summary(of trace: Trace) -> Inspection.TraceSummary {
  Inspection.TraceSummary(
    id: nil, name: trace.name, digest: trace.digest, format: trace.format, kind: trace.kind,
    unit: trace.unit, workerCount: trace.workerCount, gradientCount: trace.gradientCount,
    spanSeconds: Double(trace.spanNs) / 1e9, issues: trace.issues)
}

/// What an edited trace is made of, for `options_json`: by content, so that it holds on any machine.
private func recipeJSON(
  _ recipe: WhatIfRecipe, on trace: Inspection.TraceSummary,
  others: [Inspection.TraceSummary]
) -> JSONValue {
  [
    "what_if": [
      "trace": .string(trace.digest),
      "edits": .array(recipe.texts.map { .string($0) }),
      "mixed": .array(others.map { .string($0.digest) }),
      "seed": .unsigned(recipe.seed),
    ]
  ]
}

/// The result of `whatif` as JSON: the results of `inspect` and `compare` before and after, whole.
public func whatIfJSON(_ result: WhatIfResult) -> JSONValue {
  func whole(_ part: ComparedTrace) -> JSONValue {
    ["inspect": inspectJSON(part.inspection), "compare": compareJSON(part.comparison)]
  }
  return [
    "schema": .string("outpace/whatif/1"),
    "original": whole(result.original),
    "edited": whole(result.edited),
    "recipe": [
      "edits": .array(result.recipe.texts.map { .string($0) }),
      "seed": .unsigned(result.recipe.seed),
    ],
    "saved": result.saved.map { saved in
      [
        "id": saved.trace.id.map { .integer($0) } ?? .null,
        "name": .string(saved.trace.name),
        "digest": .string(saved.trace.digest),
        "already_present": .bool(saved.alreadyPresent),
      ]
    } ?? .null,
  ]
}
