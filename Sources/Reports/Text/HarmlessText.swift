/// Text for a terminal: control, bidi and format characters escaped, line ends kept.
public func harmless(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { Labels.visible(String($0)) }
    .joined(separator: "\n")
}
