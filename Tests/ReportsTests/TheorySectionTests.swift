import Analysis
import Reports
import TestSupport
import Testing

@Suite("Assumptions and bounds")
struct TheorySectionTests {
  private func page(_ theory: TheoryReport?) -> String {
    var input = Samples.report(Samples.trace(workers: 3, gradients: 6, slow: 1))
    input.replay?.theory = theory
    return renderHTML(input)
  }

  @Test("Without a study there is no section, and no key but null")
  func absent() throws {
    #expect(!page(nil).contains("<section id=\"assumptions\">"))
    var replay = Samples.replay(Samples.trace())
    replay.theory = nil
    #expect(try JSONFields(JSONWriter().string(replayJSON(replay)))["assumptions"].isNull)
  }

  @Test("A bound stands beside a mean over read points and says that σ² is an estimate")
  func words() throws {
    let text = page(Samples.theory())
    #expect(text.contains("never for the last iterate"))
    #expect(text.contains("σ² and G² are estimates"))
    #expect(text.contains("weighted mean of ‖∇f(y)‖²"))
    #expect(text.contains("not testable: these batches were drawn after the fact"))
    #expect(text.contains("s bound\" d="))
    #expect(text.contains("--bounds"))
    // Curves are of means and bounds alone: no loss of an iterate is on this axis.
    #expect(text.contains("mean of f(y) − f* so far"))
  }

  @Test("A tied trace says which rules fail and which do not")
  func tied() {
    let theory = Samples.theory(isTied: true)
    #expect(theory.rules.map(\.answer) == [.onlyIf, .no, .no, .onlyIf, .no])
    let text = page(theory)
    #expect(text.contains("Recorded batches tie noise to delay: scaled and discarding are biased"))
    #expect(text.contains("Bias b̂ of late gradients"))
  }

  @Test("Where measuring costs too much, the rules stay and the section says so")
  func tooCostly() {
    let text = page(Samples.theory(isMeasured: false))
    #expect(text.contains("Measuring the bounds takes a loss an update"))
    #expect(text.contains("Stepsize rules that are therefore justified"))
    #expect(!text.contains("s bound\" d="))
  }
}
