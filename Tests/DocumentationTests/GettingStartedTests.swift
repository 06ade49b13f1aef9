import Foundation
import TestSupport
import Testing
import Workbench

@Suite("Getting started")
struct GettingStartedTests {
  @Test("The Swift of the article is the Swift that is compiled here, in at most 35 lines")
  func sameText() throws {
    let article = try Article("Sources/Workbench/Workbench.docc/GettingStarted.md")
    let block = try #require(article.codeBlocks(in: "swift").last)
    let compiled = try Article("Tests/DocumentationTests/GettingStartedExample.swift")
    #expect(block.text == compiled.text)
    #expect(block.text.split(separator: "\n").count <= 35)
  }

  @Test("It imports, compares, replays and writes the page", .needsOptimiser)
  func runs() throws {
    let folder = try TemporaryFolder()
    let database = folder.path("outpace.db")
    try outpaceReport(
      of: Repository.fixtures.appendingPathComponent("formats/gloo-4-ranks").path,
      database: database, page: folder.path("report.html"))
    let page = try String(contentsOfFile: folder.path("report.html"), encoding: .utf8)
    #expect(page.hasPrefix("<!doctype html>"))
    let listing = try listDatabase(database)
    // Four ranks with three steps each, less the warm-up.
    #expect(listing.traces.map(\.gradientCount) == [8])
    #expect(listing.replays.map(\.method) == ["minibatch", "async"])
  }
}
