import TraceModel

/// Issues in order of first report; those with one code are added up.
struct IssueCounts {
  private(set) var issues: [ImportIssue] = []
  private var places: [String: Int] = [:]

  mutating func add(_ issue: ImportIssue) {
    guard issue.count > 0 else { return }
    guard let place = places[issue.code] else {
      places[issue.code] = issues.count
      issues.append(issue)
      return
    }
    issues[place].count += issue.count
    if issue.severity == .warning { issues[place].severity = .warning }
    if issues[place].firstPlace.isEmpty { issues[place].firstPlace = issue.firstPlace }
  }

  /// Places have paths and labels in them.
  mutating func forgetPlaces() {
    for index in issues.indices { issues[index].firstPlace = "" }
  }

  var warnings: [ImportIssue] { issues.filter { $0.severity == .warning } }
}
