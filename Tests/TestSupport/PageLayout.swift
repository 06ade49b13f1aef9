import Foundation

/// How a page looks at one width, from boxes that a browser measured.
public struct PageLayout: Decodable, Sendable {
  /// As given to ``measure(_:)``.
  public var page: String
  /// In CSS pixels.
  public var width: Int
  /// The identifiers of the sections that are drawn, in their order.
  public var sections: [String]
  /// What overlaps, leaves its figure or its cell, or is wider than the page.
  public var faults: [String]

  /// The narrowest computer screen that is common, and a phone.
  private static let screens = [1100, 420]
  /// A4 between its margins of 14 mm.
  private static let paper = 688

  public static let widths = screens + [paper]

  /// Draws pages at every width and measures what they are made of.
  ///
  /// The pages are not changed for it: each is the content of a frame, whose own policy forbids it
  /// scripts, and the script that measures is in the document around the frames. Only at the width of
  /// paper the rules for paper hold for the screen.
  public static func measure(_ pages: [(name: String, markup: String)]) throws -> [PageLayout] {
    var document = "<!doctype html>\n<meta charset=\"utf-8\">\n"
    document += "<style>body{margin:0}iframe{border:0;display:block;height:900px}</style>\n<body>"
    for page in pages {
      let printed = page.markup.replacingOccurrences(of: "@media print{", with: "@media all{")
      for (width, markup) in screens.map({ ($0, page.markup) }) + [(paper, printed)] {
        document += "<iframe title=\"\(attribute(page.name))\" width=\"\(width)\""
        document += " srcdoc=\"\(attribute(markup))\"></iframe>\n"
      }
    }
    document += "<script>\(script)</script></body>\n"
    let scratch = try TemporaryFolder()
    let left = try Browser.document(
      of: try scratch.write(document, to: "frames.html"), in: scratch)
    guard let start = left.range(of: "<body>"), let end = left.range(of: "</body>"),
      let json = String(left[start.upperBound..<end.lowerBound])
        .trimmingCharacters(in: .whitespacesAndNewlines).removingPercentEncoding
    else {
      throw Browser.Failure(description: "nothing was measured")
    }
    return try JSONDecoder().decode([PageLayout].self, from: Data(json.utf8))
  }

  private static func attribute(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;")
      .replacingOccurrences(of: "\"", with: "&quot;")
  }
}
