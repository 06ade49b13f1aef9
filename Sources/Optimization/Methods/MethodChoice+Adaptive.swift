extension MethodChoice {
  /// c of the rule `adaptive`, min{γ, 1/(c L τ)}; nil for every other rule and method.
  public var adaptiveConstant: Double? {
    if case .async(.adaptive, _, let constant) = self { constant } else { nil }
  }
}
