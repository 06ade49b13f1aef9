/// Collects the elements of one figure and renders them as an accessible SVG.
///
/// Coordinates carry one decimal. Text that comes from data is escaped here and nowhere else, so
/// that no figure can forget it.
struct SVG {
  enum Anchor: String {
    case start
    case middle
    case end
  }

  var width: Double
  var height: Double
  private(set) var body = ""

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func text(
    _ content: String, x: Double, y: Double, _ style: String, _ anchor: Anchor = .start,
    title: String? = nil
  ) {
    text(markup: Labels.markup(content), x: x, y: y, style, anchor, title: title)
  }

  /// Text with markup of our own, a subscript say.
  mutating func text(
    markup: String, x: Double, y: Double, _ style: String, _ anchor: Anchor = .start,
    title: String? = nil
  ) {
    let place = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    body += "<text x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" class=\"\(style)\"\(place)>"
    body += markup + Self.title(title) + "</text>"
  }

  /// A label of the data: cut to ``Labels/drawnLength``, the whole of it as tooltip.
  mutating func label(
    _ content: String, x: Double, y: Double, _ style: String, _ anchor: Anchor = .end
  ) {
    let short = Labels.cut(content)
    text(short, x: x, y: y, style, anchor, title: short == content ? nil : content)
  }

  /// The name of a vertical axis, rotated, centred on `y`.
  mutating func verticalText(_ content: String, x: Double, y: Double, _ style: String) {
    body += "<text class=\"\(style)\" text-anchor=\"middle\" transform=\"translate("
    body += "\(coordinate(x)) \(coordinate(y))) rotate(-90)\">\(Labels.markup(content))</text>"
  }

  mutating func path(_ data: String, _ style: String, title: String? = nil) {
    guard !data.isEmpty else { return }
    element("path", "class=\"\(style)\" d=\"\(data)\"", title)
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    let end =
      x1 == x2
      ? "V\(coordinate(y2))"
      : y1 == y2 ? "H\(coordinate(x2))" : "L\(coordinate(x2)) \(coordinate(y2))"
    path("M\(coordinate(x1)) \(coordinate(y1))\(end)", style)
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: String, title: String? = nil
  ) {
    element(
      "rect",
      "x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" width=\"\(coordinate(max(0, width)))\" "
        + "height=\"\(coordinate(max(0, height)))\" class=\"\(style)\"", title)
  }

  mutating func circle(
    x: Double, y: Double, radius: Double, _ style: String, title: String? = nil
  ) {
    element(
      "circle",
      "cx=\"\(coordinate(x))\" cy=\"\(coordinate(y))\" r=\"\(coordinate(radius))\" "
        + "class=\"\(style)\"", title)
  }

  /// The whole element. `id` is unique in its page.
  func rendered(id: String, title: String, description: String) -> String {
    let size = "\(coordinate(width)) \(coordinate(height))"
    return "<svg viewBox=\"0 0 \(size)\" width=\"\(coordinate(width))\" "
      + "height=\"\(coordinate(height))\" role=\"img\" aria-labelledby=\"t-\(id) d-\(id)\">"
      + "<title id=\"t-\(id)\">\(Labels.markup(title))</title>"
      + "<desc id=\"d-\(id)\">\(Labels.markup(description))</desc>\(body)</svg>"
  }

  private mutating func element(_ name: String, _ attributes: String, _ title: String?) {
    let inner = Self.title(title)
    body += inner.isEmpty ? "<\(name) \(attributes)/>" : "<\(name) \(attributes)>\(inner)</\(name)>"
  }

  /// Bounded, since a label may be a kibibyte and stand in many marks.
  private static func title(_ text: String?) -> String {
    text.map { "<title>\(Labels.markup(Labels.cut(Labels.visible($0), to: 220)))</title>" } ?? ""
  }
}

/// A coordinate with at most one decimal: `12`, `12.5`. What is not finite is a mistake of ours that
/// must not reach a page, and becomes 0.
func coordinate(_ value: Double) -> String {
  guard value.isFinite, value.magnitude < 1e9 else { return "0" }
  let tenths = Int((value * 10).rounded())
  let whole = tenths.magnitude / 10
  let rest = tenths.magnitude % 10
  let sign = tenths < 0 ? "-" : ""
  return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
}

/// The data of a path through points, `M` before the first.
func pathThrough(_ points: [(x: Double, y: Double)], closed: Bool = false) -> String {
  var data = ""
  for point in points {
    data += (data.isEmpty ? "M" : "L") + "\(coordinate(point.x)) \(coordinate(point.y))"
  }
  return closed && !data.isEmpty ? data + "z" : data
}

/// The data of an upright rectangle, so that bars of equal style share one path.
func boxPath(x: Double, y: Double, width: Double, height: Double) -> String {
  "M\(coordinate(x)) \(coordinate(y))h\(coordinate(width))v\(coordinate(height))"
    + "h\(coordinate(-width))z"
}
