/// The realised count speed-up as a staircase: 1, and what persistent, random and coinciding
/// slowness add to it or take away.
struct SpeedupParts {
  var persistent: Double
  var random: Double
  var coinciding: Double
  var realised: Double
  var description: String

  func rendered(id: String) -> String {
    let rows: [(name: String, from: Double, to: Double, style: String)] = [
      ("minibatch", 0, 1, "f mb"),
      ("persistent", 1, 1 + persistent, "wbar"),
      ("random", 1 + persistent, 1 + persistent + random, "wbar"),
      ("coinciding", 1 + persistent + random, realised, "wbar"),
      ("asynchronous", 0, realised, "f as"),
    ]
    let left = 112.0
    let right = 760.0
    let top = 20.0
    let bottom = top + 28 * Double(rows.count)
    var svg = SVG(width: 860, height: bottom + 42)
    let ends = rows.flatMap { [$0.from, $0.to] }
    let axis = Scale.linear(
      min(0, ends.min() ?? 0), max(1, ends.max() ?? 1), start: left, end: right
    ).roundedUp()
    svg.verticalGrid(
      axis, top: top - 4, bottom: bottom, name: "gradients per minibatch gradient",
      ticks: axis.ticks())
    for (position, row) in rows.enumerated() {
      let y = top + 28 * Double(position)
      let from = axis.clamped(min(row.from, row.to))
      let to = axis.clamped(max(row.from, row.to))
      let isTotal = row.style != "wbar"
      let isLoss = row.to < row.from
      let method = row.style.split(separator: " ").last.map(String.init) ?? ""
      svg.text(row.name, x: left - 10, y: y + 14, isTotal ? "lab \(method)" : "lab", .end)
      svg.rectangle(
        x: from, y: y, width: max(1, to - from), height: 18, isLoss ? "wait" : row.style)
      if position + 1 < rows.count {
        let x = axis.clamped(row.to)
        svg.line(x, y + 18, x, y + 28, "ax")
      }
      let change = row.to - row.from
      let figure =
        isTotal
        ? Numbers.ratio(row.to) : (change < 0 ? "" : "+") + Numbers.fixed(change, decimals: 2)
      svg.text(figure, x: 860, y: y + 14, isTotal ? "num strong \(method)" : "num", .end)
    }
    return svg.rendered(
      id: id, title: "Parts of the count speed-up", description: description)
  }
}
