import TraceModel

/// Issues in order of first report; those with one code are added up.
struct IssueCounts {
  private var counted: [ImportIssue] = []
  private var places: [String: Int] = [:]

  mutating func add(_ issue: ImportIssue) {
    guard issue.count > 0 else { return }
    guard let place = places[issue.code] else {
      places[issue.code] = counted.count
      counted.append(issue)
      return
    }
    guard counted[place].count > 0 else { return counted[place] = issue }
    // A file of ours says counts too, and may say anything.
    let (sum, isTooLarge) = counted[place].count.addingReportingOverflow(issue.count)
    counted[place].count = isTooLarge ? .max : sum
    if issue.severity == .warning { counted[place].severity = .warning }
    if counted[place].firstPlace.isEmpty { counted[place].firstPlace = issue.firstPlace }
  }

  /// Begins to count issues of this code anew, in the same place of the list.
  mutating func forget(_ code: String) {
    guard let place = places[code] else { return }
    counted[place].count = 0
    counted[place].firstPlace = ""
  }

  /// Places have paths and labels in them.
  mutating func forgetPlaces() {
    for index in counted.indices { counted[index].firstPlace = "" }
  }

  var issues: [ImportIssue] { counted.filter { $0.count > 0 } }

  var warnings: [ImportIssue] { issues.filter { $0.severity == .warning } }
}
