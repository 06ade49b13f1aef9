import Foundation
import TestSupport
import Testing

/// `blame`, `whatif` and `gate`, from arguments to exit code.
@Suite("blame, whatif and gate")
struct RepairCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    func table(_ slow: Int) -> String {
      "worker,duration_ms\n"
        + (0..<12).map { _ in "a,10\nb,\(slow)\nc,10\nd,10\n" }.joined()
    }
    _ = try folder.write(table(30), to: "before.csv")
    _ = try folder.write(table(10), to: "after.csv")
  }

  private func run(_ arguments: String...) throws -> Program.Result {
    try Tool.run(arguments, in: folder.url)
  }

  @Test("blame names the slow worker, largest gain first")
  func blame() throws {
    let json = try run("blame", "before.csv", "--json")
    #expect(json.status == 0, "\(json.errors)")
    #expect(
      Array(JSONFields.keyOrder(json.output).prefix(3)) == ["schema", "workers", "cumulative"])
    let fields = try JSONFields(json.output)
    #expect(fields["schema"].text == "outpace/blame/1")
    #expect(fields["workers"][0]["label"].text == "b")
    // 3 gradients per 10 ms without it, 4 per 30 ms with it.
    let gain = fields["workers"][0]["gradients_per_second_gain"].number
    #expect(agree(gain, 300 - 400.0 / 3, within: 1e-12))
    #expect(fields["workers"][0]["seconds_to_target_gain"].isNull)
    #expect(fields["cumulative"][0]["dropped"][0].text == "b")
    let text = try run("blame", "before.csv")
    #expect(text.output.contains("Worker b is to blame"), "\(text.output)")
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let csv = try run("blame", "before.csv", "--csv")
    #expect(csv.output.hasPrefix("label,gradients_per_second_gain,seconds_to_target_gain"))
    #expect(try run("blame", "before.csv", "--by", "rack").status == 64)
  }

  @Test("blame on an objective says what a worker costs in seconds to the target")
  func blameWithObjective() throws {
    let result = try run(
      "blame", "before.csv", "--objective", "logistic:gaussian:n=64,d=4?l2=0.1", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let fields = try JSONFields(result.output)
    let gain = try #require(fields["workers"][0]["seconds_to_target_gain"].number)
    #expect(gain > 0)
    #expect(gain < (fields["seconds_to_target"].number ?? 0))
  }

  @Test("whatif shows both traces whole, and keeps one trace for one recipe")
  func whatif() throws {
    let json = try run("whatif", "before.csv", "drop:b", "--json")
    #expect(json.status == 0, "\(json.errors)")
    let fields = try JSONFields(json.output)
    #expect(fields["original"]["inspect"]["trace"]["workers"].integer == 4)
    #expect(fields["edited"]["inspect"]["trace"]["workers"].integer == 3)
    #expect(fields["edited"]["compare"]["verdict"]["sentence"].text != nil)
    #expect(fields["recipe"]["edits"][0].text == "drop:b")
    #expect(fields["saved"].isNull)

    func save(_ name: String) throws -> JSONFields {
      let result = try run(
        "whatif", "before.csv", "workers:3x", "--db", "x.db", "--save", name, "--json")
      #expect(result.status == 0, "\(result.errors)")
      return try JSONFields(result.output)["saved"]
    }
    let first = try save("threefold")
    let again = try save("another-name")
    #expect(first["already_present"].value as? Bool == false)
    #expect(again["already_present"].value as? Bool == true)
    #expect(again["digest"].text == first["digest"].text)
    #expect(again["name"].text == "threefold")
    let listed = try JSONFields(try run("list", "--db", "x.db", "--json").output)
    #expect(listed["traces"].list.count == 2)
    let kept = try JSONFields(try run("inspect", "threefold", "--db", "x.db", "--json").output)
    #expect(kept["trace"]["workers"].integer == 12)
  }

  /// 0.1 ms beside gradients of 10 and 30 ms changes the ratio by 0.6%: rounds of 30.1 ms, and
  /// asynchronously 3/10.1 + 1/30.1 gradients a ms. A second edit adds to what the first one gave.
  @Test("whatif charges the turnaround that it was asked for, however little it changes")
  func communication() throws {
    func rates(_ edits: String...) throws -> [Double?] {
      let result = try Tool.run(["whatif", "before.csv", "--json"] + edits, in: folder.url)
      #expect(result.status == 0, "\(result.errors)")
      let fields = try JSONFields(result.output)
      return ["original", "edited"].flatMap { part in
        ["minibatch", "async"].map { name in
          fields[part]["compare"]["policies"].list.first { $0["policy"].text == name }?[
            "gradients_per_second"
          ].number
        }
      }
    }
    for edits in [["comm:+100us"], ["comm:+60us", "comm:+40us"]] {
      let found = try edits.count == 1 ? rates(edits[0]) : rates(edits[0], edits[1])
      let expected = [4 / 0.03, 3 / 0.01 + 1 / 0.03, 4 / 0.0301, 3 / 0.0101 + 1 / 0.0301]
      for (rate, wanted) in zip(found, expected) { #expect(agree(rate, wanted, within: 1e-9)) }
    }
  }

  @Test("whatif mixes in another trace")
  func mix() throws {
    let result = try run("whatif", "before.csv", "mix:after.csv", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let fields = try JSONFields(result.output)
    #expect(fields["edited"]["inspect"]["trace"]["workers"].integer == 8)
  }

  @Test(
    "An edit that cannot be made is a usage error that says what to write",
    arguments: [
      ("drop:e", "there is no worker 'e'. Is it 'a'?"), ("scale:b=0", "Write a number above 0"),
      ("scale:b", "is no edit"), ("add:4", "as in add:4@p50"), ("add:1@p101", "Write p0"),
      ("comm:2", "is no time"), ("fail:b@9s", "from when to when"),
      ("fail:b@9s..10s", "nothing to pause"), ("workers:0x", "as in workers:10x"),
      ("faster", "is no edit"),
    ])
  func refused(edit: String, words: String) throws {
    let result = try run("whatif", "before.csv", edit)
    #expect(result.status == 64, "\(result.output)")
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test("gate ends with 3 when a limit does not hold, and says which")
  func gate() throws {
    let good = try run(
      "gate", "before.csv", "--max", "workers.p99_seconds=0.03", "--min",
      "speedup.formula_mean=2.4",
      "--json")
    #expect(good.status == 0, "\(good.output)\(good.errors)")
    let fields = try JSONFields(good.output)
    #expect(fields["schema"].text == "outpace/gate/1")
    #expect(fields["holds"].value as? Bool == true)
    #expect(fields["checks"][0]["value"].number == 0.03)
    #expect(agree(fields["checks"][1]["value"].number, 2.5, within: 1e-12))
    let bad = try run("gate", "before.csv", "--max", "workers.p99_seconds=0.029")
    #expect(bad.status == 3)
    #expect(bad.output.contains("FAILS  workers.p99_seconds"))
  }

  /// The slowest of four workers went from 30 ms to 10 ms, the others stayed.
  @Test("With a baseline limits are ratios")
  func baseline() throws {
    let better = try run(
      "gate", "after.csv", "--baseline", "before.csv", "--max", "workers.mean_seconds=0.34",
      "--json")
    #expect(better.status == 0, "\(better.output)")
    #expect(
      agree(try JSONFields(better.output)["checks"][0]["value"].number, 1.0 / 3, within: 1e-12))
    let worse = try run(
      "gate", "before.csv", "--baseline", "after.csv", "--max", "workers.mean_seconds=1.05")
    #expect(worse.status == 3)
  }

  @Test("A number that does not exist does not hold, and an unknown one names the nearest")
  func missing() throws {
    let null = try run("gate", "before.csv", "--max", "turnaround.mean_seconds=1", "--json")
    #expect(null.status == 3)
    let check = try JSONFields(null.output)["checks"][0]
    #expect(check["value"].isNull && check["reason"].text != nil)
    let unknown = try run("gate", "before.csv", "--max", "speedup.realized=1")
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("Did you mean speedup.realised?"), "\(unknown.errors)")
    #expect(try run("gate", "before.csv", "--max", "trace.name=1").status == 64)
    #expect(try run("gate", "before.csv").status == 64)
    #expect(try run("gate", "before.csv", "--max", "speedup.realised=fast").status == 64)
  }

  @Test("Of the policies one is meant by its name, all without")
  func named() throws {
    #expect(try run("gate", "before.csv", "--min", "policies.async.count_ratio=2.4").status == 0)
    #expect(try run("gate", "before.csv", "--min", "compare.policies.count_ratio=1.1").status == 3)
  }

  @Test("compare of two traces sets before and after side by side")
  func sideBySide() throws {
    let result = try run("compare", "before.csv", "after.csv")
    #expect(result.status == 0, "\(result.errors)")
    // 400 gradients per 3 s before, 400 per second after.
    #expect(result.output.contains("+200"), "\(result.output)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.dropLast().allSatisfy { $0.count <= 80 })
  }
}
