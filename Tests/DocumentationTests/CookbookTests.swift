import Foundation
import GRDB
import TestSupport
import Testing

/// The rows of a query, as a check reads them.
struct Rows {
  let rows: [Row]

  var count: Int { rows.count }

  func texts(_ column: String) -> [String?] { rows.map { $0[column] } }
  func numbers(_ column: String) -> [Double?] { rows.map { $0[column] } }
  func counts(_ column: String) -> [Int?] { rows.map { $0[column] } }

  /// The first row in which columns have these texts.
  func row(_ values: [String: String?]) -> Row? {
    rows.first { row in
      values.allSatisfy { String.fromDatabaseValue(row[$0.key]) == $0.value }
    }
  }
}

/// Every query of the cookbook, taken from the page and run. Figures are those of the traces'
/// own tests, or follow from the definition of what is asked.
@Suite("Cookbook")
struct CookbookTests {
  @Test("Every query runs and answers its question")
  func queries() throws {
    let article = try Article("Sources/TraceStore/TraceStore.docc/Cookbook.md")
    let blocks = article.codeBlocks(in: "sql")
    #expect(blocks.count >= 15)
    let shell = try Shell()
    let store = try CookbookStore.make(in: shell)
    try store.read { database in
      for block in blocks {
        let check = try #require(Self.checks[block.heading], "no check for “\(block.heading)”")
        let rows = Rows(rows: try Row.fetchAll(database, sql: block.text))
        #expect(rows.count > 0, "\(block.heading) has no rows")
        check(rows)
      }
    }
    #expect(Set(blocks.map(\.heading)) == Set(Self.checks.keys))
  }

  private static let gloo = "pytorch-ddp-gloo-4"

  private static let checks: [String: @Sendable (Rows) -> Void] = [
    "What is in the database?": { rows in
      #expect(rows.texts("name") == [gloo, "sync", "async", "ddp-steps", "drift"])
      #expect(rows.counts("gradient_count") == [240, 2008, 2016, 80, 18_000])
      #expect(rows.texts("kind")[0] == "synchronous")
      #expect(agree(rows.numbers("span_seconds")[3], 2, within: 1e-12))
    },
    "Who is slow?": { rows in
      #expect(rows.numbers("slowdown").allSatisfy { ($0 ?? 0) > 1.5 })
      // The actor that sleeps nine times its computing leads in both runs.
      #expect(rows.texts("trace_name").prefix(2) == ["async", "sync"])
      #expect(agree(rows.numbers("slowdown")[1], 4.339032, within: 1e-6))
    },
    "What does the formula say?": { rows in
      #expect(agree(rows.row(["trace_name": "async"])?["formula_mean"], 6.096455, within: 1e-6))
      #expect(agree(rows.row(["trace_name": "sync"])?["formula_mean"], 3.404513, within: 1e-6))
      #expect(agree(rows.row(["trace_name": gloo])?["formula_mean"], 1.191, within: 1e-3))
      #expect(rows.row(["trace_name": "ddp-steps"])?["wall_clock_workers"] == 4)
      #expect(rows.row(["trace_name": gloo])?["wall_clock_workers"] == 0)
    },
    "Which worker decides it?": { rows in
      #expect(rows.count == 4 + 8 + 8 + 4 + 2)
      let first = rows.rows.first { ($0["trace_name"] as String?) == gloo }
      #expect(first?["label"] == "0")
      #expect(agree(first?["formula_without"], 1.0538, within: 1e-4))
    },
    "What would draining the slowest worker give?": { rows in
      #expect(rows.row(["trace_name": gloo])?["drained"] == "0")
      // Of four equal workers three are left, in rounds that are as long.
      #expect(
        agree(
          rows.row(["trace_name": "ddp-steps"])?["gradients_per_second_ratio"], 0.75, within: 1e-12)
      )
      // (3/4) · 25.935/21.776 ms
      #expect(
        agree(rows.row(["trace_name": gloo])?["gradients_per_second_ratio"], 0.8932, within: 1e-4))
    },
    "How long do workers wait?": { rows in
      // The slowest rank waits least.
      let ranks = rows.rows.filter { ($0["trace_name"] as String?) == gloo }
      #expect(ranks.last?["label"] == "0")
      #expect(rows.numbers("wait_share").allSatisfy { (0..<1).contains($0 ?? -1) })
      #expect(rows.row(["trace_name": "async"]) == nil)
    },
    "What does an exchange with the server cost?": { rows in
      #expect(rows.texts("trace_name") == ["sync", "async", gloo])
      #expect(agree(rows.numbers("turnaround_seconds")[2], 0.01385, within: 1e-3))
      #expect(agree(rows.numbers("share_of_cycle")[2], 0.386, within: 1e-3))
    },
    "Is a host slow, or a worker?": { rows in
      #expect(rows.count == 3)
      #expect(rows.counts("workers") == [8, 4, 8])
      #expect(rows.numbers("spread_within_host").allSatisfy { ($0 ?? 0) > 1 })
    },
    "Which traces cannot carry a verdict?": { rows in
      #expect(rows.texts("name") == ["ddp-steps"])
      #expect(rows.counts("wall_clock_workers") == [4])
    },
    "What was dubious?": { rows in
      #expect(rows.texts("code") == ["looks-synchronous"])
      #expect(rows.counts("count") == [20])
      #expect(rows.texts("severity") == ["warning"])
    },
    "Does a worker become slower?": { rows in
      // 9,000 gradients are 4,096, 4,096 and 808 of each worker.
      #expect(rows.count == 6)
      #expect(Set(rows.texts("name")) == ["drift"])
      let slow = rows.rows.filter { ($0["label"] as String?) == "1" }
      let means = slow.compactMap { $0["mean_seconds"] as Double? }
      #expect(means.count == 3)
      #expect(means == means.sorted() && means[0] < 0.8 * means[2])
      let steady = rows.numbers("mean_seconds").prefix(3)
      #expect(steady.allSatisfy { agree($0, 0.01, within: 1e-9) })
    },
    "How large is a trace?": { rows in
      #expect(rows.count == 5)
      #expect(rows.numbers("bytes_per_gradient").allSatisfy { ($0 ?? 99) < 20 })
      #expect((rows.row(["name": "drift"])?["bytes_per_gradient"] ?? 9) < 4.0)
    },
    "Which replay got furthest?": { rows in
      #expect(rows.count == 8)
      let losses = rows.rows.filter { ($0["trace_name"] as String?) == gloo }
        .compactMap { $0["final_loss"] as Double? }
      #expect(losses.count == 4 && losses == losses.sorted())
      // All start at log 2.
      #expect(losses.allSatisfy { $0 < 0.6931 })
    },
    "When was a loss reached?": { rows in
      // 44 rounds of the profile's ranks reach it, 13 of the Ray actors do not.
      let minibatch = rows.rows.filter { ($0["method"] as String?) == "minibatch" }
      #expect(minibatch.count == 2)
      #expect((minibatch[0]["seconds_to_half"] as Double?) ?? 9 < 2)
      #expect((minibatch[1]["seconds_to_half"] as Double?) == nil)
      #expect(rows.numbers("seconds_to_half").last == .some(nil))
    },
    "How do two methods compare over time?": { rows in
      #expect(rows.count == 400)
      #expect(rows.numbers("seconds").first == 0)
      #expect(agree(rows.numbers("seconds")[399], 2, within: 1e-12))
      #expect(rows.numbers("minibatch_loss")[0] == rows.numbers("async_loss")[0])
      #expect((rows.numbers("minibatch_loss")[399] ?? 0) > (rows.numbers("async_loss")[399] ?? 1))
    },
    "How were the delays distributed?": { rows in
      let fresh = rows.rows.first
      #expect(fresh?["delay"] == 1 && fresh?["staleness"] == 0)
      // 44 rounds of four gradients, all fresh.
      #expect(fresh?["updates"] == 176)
      for row in rows.rows {
        #expect((row["staleness"] as Int?) == ((row["delay"] as Int?) ?? 0) - 1)
      }
    },
    "Is the mean delay below the number of workers?": { rows in
      #expect(rows.count == 4)
      #expect(rows.counts("delay_identity").allSatisfy { $0 == 1 })
      for row in rows.rows {
        #expect(((row["delay_mean"] as Double?) ?? 99) < ((row["worker_count"] as Double?) ?? 0))
      }
    },
    "Whose gradients are stale?": { rows in
      #expect(rows.count == 4 + 8)
      // The slowest worker of each trace has the latest gradients.
      let first = rows.rows.first { ($0["name"] as String?) == gloo }
      #expect(first?["label"] == "0")
      let actor = rows.rows.first { ($0["name"] as String?) == "sync" }
      #expect(((actor?["delay_max"] as Int?) ?? 0) > 3 * 8)
    },
    "How much work was thrown away?": { rows in
      #expect(rows.texts("method") == ["ringmaster", "ringmaster"])
      for row in rows.rows {
        let discarded: Double = row["discarded"]
        #expect(discarded > 0 && (row["aborted"] as Int?) == 0)
        #expect((row["discarded_share"] as Double?) ?? 1 < 0.5)
      }
    },
    "How many updates a second must the server bear?": { rows in
      // One update a gradient against one a round.
      let a: Double =
        rows.row(["trace_name": gloo, "stepsize_rule": "constant"])?[
          "updates_per_second"] ?? 0
      let m: Double =
        rows.row(["trace_name": gloo, "method": "minibatch"])?["updates_per_second"]
        ?? 0
      #expect(agree(m, 22, within: 1e-9))
      #expect(a > 4 * m)
    },
    "Which stepsize was best?": { rows in
      #expect(rows.count == 7)
      let async = rows.row(["trace_name": "sync", "method": "async"])
      #expect(async?["stepsize"] == 0.05)
    },
    "Would another machine find the same?": { rows in
      #expect(rows.count == 8)
      let prints = rows.texts("fingerprint").compactMap { $0 }
      #expect(Set(prints).count == 8 && prints.allSatisfy { $0.utf8.count == 64 })
    },
    "What became of each worker's gradients?": { rows in
      let late = "discarded: delay above the limit"
      #expect(Set(rows.texts("label")).count == 8)
      #expect(Set(rows.texts("fate").compactMap { $0 }).isSuperset(of: ["applied", late]))
      // What is discarded is later than what is not.
      for row in rows.rows where (row["fate"] as String?) == late {
        #expect((row["delay_mean"] as Double?) ?? 0 > 16)
      }
    },
    "How much time was spent on gradients that nobody used?": { rows in
      #expect(rows.count == 1)
      let unused: Double = rows.rows[0]["unused_seconds"]
      let all: Double = rows.rows[0]["computing_seconds"]
      #expect(unused > 0 && unused < all && all < 8 * 0.3)
    },
    "Which gradients came latest?": { rows in
      #expect(rows.count == 10)
      let delays = rows.counts("delay").compactMap { $0 }
      #expect(delays == delays.sorted(by: >))
      #expect((delays.first ?? 0) > 16)
    },
  ]
}
