/// Marks on curves whose position along the axis is what a reader wants.
extension SVG {
  /// A dot, a dotted line down to the axis, and the number beside it: on the side, and if need be
  /// on the level, where it touches neither another number nor another mark's line.
  ///
  /// - Parameters:
  ///   - labels: where the names of the curves begin, if they may reach down to the numbers.
  ///   - place: where a mark stands in the figure.
  mutating func drop(
    _ marks: [LinePlot.Mark], from left: Double, to right: Double, bottom: Double,
    before labels: Double? = nil, at place: (LinePlot.Mark) -> (x: Double, y: Double)
  ) {
    struct Box {
      var begin: Double
      var end: Double
      var level: Int
    }
    var occupied: [Box] = []
    let sorted = marks.sorted { $0.x < $1.x }
    let places = sorted.map(place)
    let lines = places.map(\.x)
    for (mark, (x, y)) in zip(sorted, places) {
      line(x, y, x, bottom, "drop \(mark.key)s")
      circle(x: x, y: y, radius: 4, "pt \(mark.key)", title: mark.tooltip)
    }
    var written: [(text: String, x: Double)] = []
    for (mark, x) in zip(sorted, lines) {
      func isSame(_ text: String, _ other: Double) -> Bool {
        text == mark.text && (other - x).magnitude < 1
      }
      // Marks at one place with one number say it once, in nobody's colour.
      guard !written.contains(where: { isSame($0.text, $0.x) }) else { continue }
      written.append((mark.text, x))
      let isShared = zip(sorted, lines).count { isSame($0.text, $1) } > 1
      let width = Double(mark.text.unicodeScalars.count) * 7.6
      let possible = (0..<5).flatMap { level in
        [
          Box(begin: x + 5, end: x + 5 + width, level: level),
          Box(begin: x - 5 - width, end: x - 5, level: level),
        ]
      }.filter { $0.begin > left && $0.end < right + 4 }
      let clear = possible.filter { $0.end < labels ?? .infinity }
      let choices = clear.isEmpty ? possible : clear
      func touchesNumber(_ box: Box) -> Bool {
        occupied.contains {
          $0.level == box.level && box.begin < $0.end + 4 && $0.begin < box.end + 4
        }
      }
      // From its own line on: a number behind a neighbour's line would read as the neighbour's.
      func touchesLine(_ box: Box) -> Bool {
        lines.contains {
          ($0 - x).magnitude >= 1 && $0 > min(box.begin - 2, x) && $0 < max(box.end + 2, x)
        }
      }
      let free =
        choices.first { !touchesNumber($0) && !touchesLine($0) }
        ?? choices.first { $0.begin > x && !touchesNumber($0) }
        // Across a line a number can be read, across another number it cannot.
        ?? choices.first { !touchesNumber($0) }
      guard let box = free ?? choices.first else { continue }
      occupied.append(box)
      let isRight = box.begin > x
      text(
        mark.text, x: isRight ? box.begin : box.end, y: bottom - 8 - 15 * Double(box.level),
        "num strong halo" + (isShared ? "" : " \(mark.key)"), isRight ? .start : .end)
    }
  }
}
