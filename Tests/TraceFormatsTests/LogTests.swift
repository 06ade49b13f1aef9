import TestSupport
import Testing
import TraceFormats
import TraceModel

private let dated = #"^(?<time>\S+ \S+) rank=(?<worker>\d+) step=(?<step>\d+)"#

@Suite("Text logs")
struct LogTests {
  @Test("Durations are read as they stand, in the unit that was asked for")
  func durations() throws {
    let text =
      "start\nrank 1: step 5 took 12.5 ms\nrank 0: step 5 took 10 ms\nrank 1: step 6 took 0 ms\n"
    let (sink, facts) = try read(
      text, as: "x",
      ReadOptions(
        unit: .milliseconds,
        pattern: #"rank (?<worker>\d+): step (?<step>\d+) took (?<duration>[\d.]+) ms"#))
    #expect(facts.format == "log")
    #expect(!facts.startsRecorded)
    #expect(
      sink.sorted.map(\.gradients) == [
        [GradientInterval(startNs: 0, durationNs: 10_000_000, step: 5)],
        [
          GradientInterval(startNs: 0, durationNs: 12_500_000, step: 5),
          // Half of a tenth of a millisecond.
          GradientInterval(startNs: 12_500_000, durationNs: 50_000, step: 6),
        ],
      ])
    #expect(sink.issues.map(\.code) == ["line-skipped", "zero-duration"])
    #expect(sink.workers.allSatisfy { $0.trust == .measured })
  }

  /// 13:00:00.5 is 1795525200.5 seconds after 1970.
  @Test("With times alone a duration is the gap since the worker's line before")
  func gaps() throws {
    let text = """
      2026-11-24 13:00:00,500 rank=0 step=1
      2026-11-24 13:00:01,000 rank=1 step=1
      2026-11-24 13:00:02,750 rank=0 step=2
      2026-11-24 13:00:01,250 rank=1 step=2
      2026-11-24 13:00:01,249 rank=1 step=3
      2026-11-24 13:00:01,250 rank=1 step=4

      """
    let (sink, facts) = try read(text, as: "x", ReadOptions(pattern: dated))
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(
            startNs: 1_795_525_200_500_000_000, durationNs: 2_250_000_000, step: 2)
        ],
        [
          GradientInterval(startNs: 1_795_525_201_000_000_000, durationNs: 250_000_000, step: 2),
          GradientInterval(startNs: 1_795_525_201_249_000_000, durationNs: 1_000_000, step: 4),
        ].sorted { $0.startNs < $1.startNs },
      ])
    #expect(facts.unixNsOfZero == 0)
    #expect(facts.startsRecorded)
    #expect(sink.issue("clock-back")?.firstPlace == "x:5")
  }

  @Test("With a time and a duration the gradient ends at that time")
  func both() throws {
    let (sink, facts) = try read(
      "10.5 w took 0.25\n", as: "x",
      ReadOptions(pattern: #"(?<time>[\d.]+) (?<worker>\w) took (?<duration>[\d.]+)"#))
    #expect(
      sink.workers[0].gradients
        == [GradientInterval(startNs: 10_250_000_000, durationNs: 250_000_000)])
    #expect(facts.unixNsOfZero == nil)
  }

  @Test("Without a group for the worker each file is one")
  func files() throws {
    let folder = try TemporaryFolder()
    try folder.write("took 3\ntook 4\n", as: "rank_0.log")
    try folder.write("took 5\n", as: "node-b.log")
    try folder.write("nothing\n", as: "notes.txt")
    let sink = CollectingSink()
    _ = try readTrace(
      at: folder.path, options: ReadOptions(pattern: #"took (?<duration>\d+)"#), into: sink)
    #expect(sink.sorted.map(\.label.text) == ["0", "node-b.log"])
    #expect(sink.issue("file-skipped")?.count == 1)
  }

  @Test(
    "Dates are read exactly",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-24T13:00:00", 1_795_525_200_000_000_000),
      ("2026-11-24 13:00:00,123", 1_795_525_200_123_000_000),
      ("2026-11-24T13:00:00.123456789", 1_795_525_200_123_456_789),
      ("2026-11-24T13:00:00.1234567895", 1_795_525_200_123_456_790),
      ("2026-11-24T14:00:00+01:00", 1_795_525_200_000_000_000),
      ("2026-11-24T07:30:00-0530", 1_795_525_200_000_000_000),
      ("2000-02-29T23:59:60Z", 951_868_800_000_000_000),
      ("2000-03-01T00:00:00Z", 951_868_800_000_000_000),
      ("1972-02-29T00:00:00Z", 68_169_600_000_000_000),
      ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
      ("1969-12-31T23:59:59Z", -1_000_000_000),
    ] as [(String, Int64)])
  func dates(text: String, unixNs: Int64) {
    #expect(DateText(text)?.unixNs == unixNs)
  }

  @Test(
    "What is no date is none",
    arguments: [
      "2026-11-24", "2026-13-01T00:00:00", "2025-02-29T00:00:00", "2026-11-24T24:00:00",
      "2026-11-24T13:00", "2026-11-24T13:00:00.", "2026-11-24T13:00:00 UTC", "9999-01-01T00:00:00",
      "0000-01-01T00:00:00", "12.5", "",
    ])
  func noDate(text: String) {
    #expect(DateText(text) == nil)
  }

  @Test(
    "What is wrong is named with a remedy",
    arguments: [
      (
        "took (", "a",
        "--pattern: “took (” is no regular expression. Example:"
          + #" --pattern 'rank (?<worker>\d+) took (?<duration>[\d.]+)'"#
      ),
      (
        #"(?<worker>\d+)"#, "a",
        #"--pattern: “(?<worker>\d+)” names no time. It needs a group (?<duration>…) or (?<time>…)."#
      ),
      (
        #"took (?<duration>\d+)"#, "a\nb\n",
        #"x: no line matches “took (?<duration>\d+)”. Try the pattern on one line first."#
      ),
      (
        #"took (?<duration>\S+)"#, "took 1\ntook long\n",
        "x:2: the duration is “long”, not a number. Correct the line, or name the right column."
      ),
      (
        #"at (?<time>\S+)"#, "at 1969-12-31T00:00:00\nat 2026-01-01T00:00:00\n",
        "x:1: the time is 1969-12-31T00:00:00, below 0. Shift the clock so that it starts at 0."
      ),
    ])
  func refused(pattern: String, text: String, message: String) {
    #expect(refusal(text, as: "x", ReadOptions(pattern: pattern)) == message)
  }

  @Test("The format needs a pattern")
  func needed() {
    #expect(
      refusal("a\n", as: "x", ReadOptions(format: .log))
        == "--format log: a log needs a pattern for its lines, such as"
        + #" --pattern 'rank (?<worker>\d+) step (?<step>\d+) took (?<duration>[\d.]+)'"#)
  }

  @Test("Random byte changes never trap", arguments: 0..<200 as Range<UInt64>)
  func mutations(seed: UInt64) {
    let text = "2026-11-24 13:00:00,500 rank=0 step=1\n2026-11-24 13:00:02,750 rank=0 step=2\n"
    checkMutations(of: text, seed: seed, format: .log, ReadOptions(pattern: dated))
  }
}
