import Foundation
import Reports
import Testing
import TraceModel

@Suite("Numbers")
struct NumberTests {
  @Test(
    "Three significant digits, thin spaces from 1 000 up",
    arguments: [
      (0, "0"), (62, "62.0"), (0.125, "0.125"), (63.34, "63.3"), (199.4, "199"),
      (12_345, "12\u{202F}300"), (999.6, "1\u{202F}000"), (9.996, "10.0"), (0.09996, "0.100"),
      (-2.5, "−2.50"), (1.234e-7, "1.23 × 10⁻⁷"), (9.999e9, "1.00 × 10¹⁰"), (.infinity, "∞"),
      (.nan, "unknown"), (-.infinity, "−∞"),
    ] as [(Double, String)])
  func significant(value: Double, text: String) {
    #expect(Numbers.significant(value) == text)
  }

  @Test("Counts stand in full")
  func counts() {
    #expect(Numbers.count(999) == "999")
    #expect(Numbers.count(21_829) == "21\u{202F}829")
    #expect(Numbers.count(-1_000_000) == "−1\u{202F}000\u{202F}000")
    #expect(
      Numbers.count(.min) == "−9\u{202F}223\u{202F}372\u{202F}036\u{202F}854\u{202F}775\u{202F}808")
  }

  @Test("Ratios have two decimals below 10")
  func ratios() {
    #expect(Numbers.ratio(2.136) == "2.14×")
    #expect(Numbers.ratio(1) == "1.00×")
    #expect(Numbers.ratio(9.996) == "10.0×")
    #expect(Numbers.percent(0.553) == "55\u{202F}%")
    #expect(Numbers.percent(0.0123) == "1.2\u{202F}%")
    #expect(Numbers.percent(0.0003) == "0.03\u{202F}%")
    #expect(Numbers.percent(0) == "0\u{202F}%")
    #expect(Numbers.change(-0.2) == "−20\u{202F}%")
  }

  @Test("Times take the unit that suits them; relative traces have units")
  func times() {
    func text(_ time: Double, _ unit: TimeUnit = .seconds) -> String {
      TimeScale(for: time, unit: unit).text(time)
    }
    #expect(text(97e-9) == "97.0\u{202F}ns")
    #expect(text(0.99999) == "1.00\u{202F}s")
    #expect(text(0.25) == "250\u{202F}ms")
    #expect(text(7200) == "2.00\u{202F}h")
    #expect(text(328, .relative) == "328\u{202F}units")
    #expect(text(805_000, .relative) == "805\u{202F}k\u{202F}units")
    #expect(text(0) == "0\u{202F}s")
  }

  @Test("Our logarithm agrees with the library's")
  func logarithm() {
    var worst = 0.0
    var x = 1e-300
    while x < 1e300 {
      let reference = log10(x)
      worst = max(worst, abs(decimalLogarithm(x) - reference) / max(1, abs(reference)))
      x *= 1.37
    }
    #expect(worst < 4e-16)
    #expect(decimalLogarithm(0) == -.infinity)
  }

  @Test("An axis with room has at least four ticks, written in one way")
  func enoughTicks() {
    func ticks(_ scale: Scale) -> [Tick] { scale.ticks() }
    #expect(ticks(.fromZero(to: 143, start: 0, end: 100)).count == 8)
    #expect(ticks(.logarithmic(0.8, 2.6, start: 0, end: 100)).map(\.value) == [1, 1.5, 2, 2.5])
    #expect(
      ticks(.logarithmic(0.0005, 1.2, start: 0, end: 100)).map(\.markup) == [
        "0.001", "0.01", "0.1", "1",
      ])
    let small = ticks(.logarithmic(0.00005, 1.2, start: 0, end: 100)).map(\.markup)
    #expect(small.count == 5 && small.last == "1")
    #expect(small.dropLast().allSatisfy { $0.hasPrefix("10<tspan") })
  }

  @Test("Ticks are few, round and inside", arguments: 0..<200)
  func ticks(seed: Int) {
    var random = Samples.Random(seed: UInt64(seed))
    let lower = random.next() < 0.5 ? 0 : random.next() * 100
    let span = Double(1 << Int(random.next() * 40)) * random.next() * 1e-3 + 1e-9
    let linear = Scale.linear(lower, lower + span, start: 0, end: 100)
    #expect((1...9).contains(linear.ticks().count))
    let logarithmic = Scale.logarithmic(
      1e-3, 1e-3 * (1 + span * 1e3), start: 0, end: 100)
    let ticks = logarithmic.ticks()
    #expect(ticks.count <= 9)
    for tick in linear.ticks() { #expect((-0.1...100.1).contains(linear.position(tick.value))) }
    for tick in ticks { #expect((-0.1...100.1).contains(logarithmic.position(tick.value))) }
  }

  @Test("A scale of equal, zero or infinite ends still has finite positions")
  func degenerateScales() {
    for scale in [
      Scale.fromZero(to: 0, start: 0, end: 9), .fromZero(to: .nan, start: 0, end: 9),
      .linear(3, 3, start: 0, end: 9), .logarithmic(0, 0, start: 0, end: 9),
      .logarithmic(2, 2, start: 0, end: 9), .linear(0, .infinity, start: 0, end: 9),
    ] {
      #expect(scale.clamped(1).isFinite)
      #expect(!scale.roundedUp().ticks().isEmpty)
    }
  }

  @Test("Labels that are spread keep their order, their gap and their range")
  func spreading() {
    let placed = spreadApart([50, 49, 51, 200], gap: 16, in: 0...100)
    #expect(placed[1] < placed[0] && placed[0] < placed[2] && placed[2] < placed[3])
    for (a, b) in zip(placed.sorted(), placed.sorted().dropFirst()) { #expect(b - a >= 15.999) }
    #expect(placed.allSatisfy { (0...100).contains($0) })
  }
}

@Suite("Labels")
struct LabelTests {
  /// ESC would steer a terminal, U+202E turns the rest of a line around, U+200B hides.
  @Test("What steers or hides becomes visible")
  func visible() {
    #expect(Labels.visible("a\u{1B}[31m") == "a\\u{1B}[31m")
    #expect(Labels.visible("\u{202E}exe.png\u{200B}") == "\\u{202E}exe.png\\u{200B}")
    #expect(Labels.visible("line\nbreak") == "line\\u{A}break")
    #expect(Labels.visible("größe 数") == "größe 数")
  }

  @Test("Markup is escaped")
  func markup() {
    #expect(
      Labels.markup("</title><script>'&\"") == "&lt;/title&gt;&lt;script&gt;&#39;&amp;&quot;")
  }

  @Test("A label is cut at 24, however many accents a letter carries")
  func cut() {
    #expect(Labels.cut(String(repeating: "x", count: 24)).count == 24)
    #expect(
      Labels.cut(String(repeating: "x", count: 25)) == String(repeating: "x", count: 23) + "…")
    let zalgo = "a" + String(repeating: "\u{301}", count: 5000)
    #expect(Labels.cut(zalgo).unicodeScalars.count == 24)
  }

  @Test("Digits alone are a worker's number")
  func names() {
    #expect(Labels.name(WorkerLabel("5")) == "worker 5")
    #expect(Labels.name(WorkerLabel("rank 3")) == "rank 3")
    #expect(Labels.name(WorkerLabel("")) == "worker without a label")
    #expect(Labels.list(["0", "5", "7"].map { WorkerLabel($0) }) == "workers 0, 5 and 7")
  }
}
