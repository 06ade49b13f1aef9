import Optimization
import Reports

/// The terms that a word means: a number, an option or a word that we print.
///
/// `--trust` is the option, `trust` both the option and the figure, `speedup.realised` and
/// `inspect.speedup.realised` the figure with that key. Case and the choice between `-`, `_` and a
/// space do not matter, unless two terms differ in nothing else.
///
/// - Throws: `Failure` with the code for usage and the nearest terms if there is none.
public func explainTerm(_ word: String) throws -> [Term] {
  let isOption = word.hasPrefix("--")
  let candidates = Term.all.filter { !isOption || $0.kind == .option }
  let wanted = isOption ? String(word.dropFirst(2)) : word
  for isSame in [{ $0 == $1 }, { plain($0) == plain($1) }] as [(String, String) -> Bool] {
    let named = candidates.filter { isSame($0.name, wanted) }
    if !named.isEmpty { return withFormats(named) }
    let aliased = candidates.filter { $0.aliases.contains { isSame($0, wanted) } }
    if !aliased.isEmpty { return aliased }
  }
  let path = wanted.lowercased()
  let keyed = candidates.filter { term in
    term.keys.contains { $0 == path || $0.hasSuffix("." + path) }
  }
  guard keyed.isEmpty else { return keyed }
  let nearest = nearestTerms(to: word, count: 3).joined(separator: ", ")
  throw Failure(
    .usage,
    "'\(Labels.visible(word))' is no term of ours. Did you mean: \(nearest)? 'outpace explain' "
      + "lists all.")
}

/// The formats stand below the word for all of them.
private func withFormats(_ terms: [Term]) -> [Term] {
  guard terms.contains(where: { $0.name == "formats" }) else { return terms }
  return terms + Term.all.filter { $0.kind == .format }
}

private func plain(_ text: String) -> String {
  String(text.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
}

/// The names with the fewest insertions, deletions and changes to a word; a name that the word is a
/// part of, or that is a part of it, is as near as two of them.
private func nearestTerms(to word: String, count: Int) -> [String] {
  let wanted = plain(word)
  var names: [String] = []
  for name in Term.all.flatMap({ [$0.shownName] + $0.aliases }) where !names.contains(name) {
    names.append(name)
  }
  let scored = names.enumerated().map { position, name in
    let other = plain(name)
    let distance = editDistance(wanted, other)
    let isPart =
      min(wanted.utf8.count, other.utf8.count) > 2
      && (other.contains(wanted) || wanted.contains(other))
    return (isPart ? min(2, distance) : distance, position, name)
  }
  return scored.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.prefix(count).map(\.2)
}

/// Terms as JSON, keys in the order of the documented contract.
public func explainJSON(_ terms: [Term]) -> JSONValue {
  [
    "schema": .string("outpace/explain/1"),
    "terms": .array(
      terms.map { term in
        [
          "term": .string(term.shownName),
          "kind": .string(term.kind.rawValue),
          "definition": .string(term.definition),
          "formula": .text(term.formula),
          "unit": .text(term.unit),
          "json_keys": .array(term.keys.map { .string($0) }),
          "source": .text(term.source),
          "aliases": .array(term.aliases.map { .string($0) }),
        ]
      }),
  ]
}
