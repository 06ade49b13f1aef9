import Testing

/// How the tests were built. `.ci/run` builds and runs them in both ways.
public enum Build {
  /// Whether the compiler optimised, as in `swift test -c release`.
  public static let isOptimised: Bool = {
    #if DEBUG
      false
    #else
      true
    #endif
  }()
}

extension Trait where Self == ConditionTrait {
  /// A test that runs only where the compiler optimised.
  ///
  /// The bits are the same in both builds, and it takes a tenth of the time there. It is for claims about
  /// the share of many seeded traces, for searches of stepsizes, and for whole programs: a browser that
  /// draws pages, trainings that are recorded. What it calls is called by smaller tests of the debug
  /// build as well.
  public static var needsOptimiser: Self {
    .enabled(if: Build.isOptimised, "swift test -c release has it")
  }
}
