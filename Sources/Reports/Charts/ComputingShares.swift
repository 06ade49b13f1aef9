import Analysis
import TraceModel

/// The share of a synchronous run in which each worker computes; the rest of its bar it waits.
///
/// In the long run worker m computes s_m in every round, so that its share is s_m over the mean
/// round, which is the mean s_m over what no worker waits.
struct ComputingShares {
  struct Row {
    var name: String
    var share: Double
  }

  var rows: [Row]
  var description: String

  /// - Parameter inspection: of more than 64 workers the ten slowest, the median and the fastest are
  ///   drawn.
  /// - Returns: nil where the waiting is not known.
  init?(_ inspection: Inspection, description: String) {
    let means = inspection.workers.map(\.meanSeconds)
    let sum = means.reduce(0, +)
    guard inspection.synchronousWaste.isFinite, sum.isFinite, sum > 0 else { return nil }
    let order = means.indices.sorted { (-means[$0], $0) < (-means[$1], $1) }
    let scale = (1 - inspection.synchronousWaste) * Double(means.count) / sum
    func row(_ index: Int, _ name: String? = nil) -> Row {
      Row(
        name: name ?? Labels.name(inspection.workers[index].worker.label),
        share: min(1, max(0, means[index] * scale)))
    }
    if order.count > 64 {
      rows =
        order.prefix(10).map { row($0) } + [
          row(order[order.count / 2], "median worker"),
          row(order[order.count - 1], "fastest worker"),
        ]
    } else {
      rows = order.map { row($0) }
    }
    self.description = description
  }

  func rendered(id: String) -> String {
    let left = labelWidth(rows.map(\.name), least: 102) + 10
    let right = 800.0
    let top = 20.0
    let rowHeight = rows.count > 24 ? 15.0 : 20.0
    var svg = SVG(width: 860, height: top + rowHeight * Double(rows.count) + 8)
    svg.text("computing", x: left, y: 12, "lab mb")
    svg.text("waiting", x: right, y: 12, "tick", .end)
    var computing = ""
    var waiting = ""
    for (position, row) in rows.enumerated() {
      let y = top + rowHeight * Double(position)
      let width = (right - left) * row.share
      computing += boxPath(x: left, y: y, width: width, height: rowHeight - 4)
      waiting += boxPath(
        x: left + width, y: y, width: right - left - width, height: rowHeight - 4)
      svg.label(row.name, x: left - 10, y: y + rowHeight / 2 + 2, "lab")
      svg.text(
        Numbers.percent(row.share), x: 860, y: y + rowHeight / 2 + 2,
        "num", .end)
    }
    svg.path(waiting, "wait")
    svg.path(computing, "f mb")
    return svg.rendered(
      id: id, title: "Share of the synchronous run that each worker computes",
      description: description)
  }
}
