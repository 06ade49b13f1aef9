import Reports
import TestSupport
import Testing

/// What a page cannot know of itself: whether its words have room. A browser draws made-up pages, the
/// unlikely ones too, and measures.
@Suite("Layout of pages")
struct LayoutTests {
  static let more: [PageTests.Case] = [
    PageTests.Case(testDescription: "as many workers as have a bar each") {
      Samples.report(Samples.trace(workers: 64, gradients: 12))
    },
    PageTests.Case(testDescription: "one worker more") {
      Samples.report(Samples.trace(workers: 65, gradients: 12))
    },
    PageTests.Case(testDescription: "targets reached one after another at the very end") {
      var input = Samples.report(Samples.trace())
      for index in input.replay?.timeToTarget.indices ?? 0..<0 {
        input.replay?.timeToTarget[index].seconds = 77.5 + 0.6 * Double(index % 4)
      }
      return input
    },
    // As where one round meets the target at any of many stepsizes.
    PageTests.Case(
      testDescription: "stepsizes that end as low as they can be, the best beside the end"
    ) {
      var input = Samples.report(Samples.trace())
      for index in input.replay?.tuning.indices ?? 0..<0 {
        let best = [0.5, 0.0156, 0.0156, 0.0625, 0.0156][index % 5]
        for place in input.replay?.tuning[index].points.indices ?? 0..<0 {
          let weight = input.replay?.tuning[index].points[place].weight ?? 1
          input.replay?.tuning[index].points[place].seconds = [Double?](
            repeating: weight > 0.5 ? nil : max(10, 10 * best / weight), count: 3)
          input.replay?.tuning[index].points[place].hasDiverged = false
        }
        for place in input.replay?.tuning[index].winners.indices ?? 0..<0 {
          input.replay?.tuning[index].winners[place].weight = best
        }
      }
      return input
    },
    PageTests.Case(testDescription: "a thousand workers") {
      Samples.report(Samples.trace(workers: 1000, gradients: 5))
    },
    PageTests.Case(testDescription: "wide letters") {
      Samples.report(
        Samples.trace(
          workers: 6, gradients: 12,
          labels: ["&", "W", "@", "\u{4F5C}", "\u{202E}", "\u{1F600}"]
            .map { String(repeating: $0, count: 300) }))
    },
    PageTests.Case(testDescription: "narrow letters") {
      Samples.report(
        Samples.trace(
          workers: 3, gradients: 12,
          labels: [
            "i", "a.very.long.host.name.example.org:29500", String(repeating: "l", count: 99),
          ]
        ))
    },
    PageTests.Case(testDescription: "a turnaround longer than a gradient, in relative units") {
      Samples.report(
        Samples.trace(workers: 3, gradients: 6, unit: .relative, turnaroundNs: 40_000_000_000))
    },
  ]

  @Test(
    "Nothing overlaps, leaves its figure or is wider than the page, in any section",
    .enabled(if: Browser.path != nil, "no Chromium is installed"), .needsOptimiser)
  func faultless() throws {
    let pages = (PageTests.cases + Self.more).map {
      (name: $0.testDescription, markup: renderHTML($0.input()))
    }
    let layouts = try PageLayout.measure(pages)
    #expect(layouts.count == PageLayout.widths.count * pages.count)
    #expect(Set(layouts.map(\.width)) == Set(PageLayout.widths))
    for layout in layouts where !layout.faults.isEmpty {
      Issue.record(
        "\(layout.page), \(layout.width) px:\n\(layout.faults.prefix(12).joined(separator: "\n"))")
    }
    let drawn = Set(layouts.flatMap(\.sections))
    for section in SectionName.allCases where !drawn.contains(section.rawValue) {
      Issue.record("no page of this test has the section \(section.rawValue)")
    }
    #expect(drawn.subtracting(SectionName.allCases.map(\.rawValue)) == [])
  }
}
