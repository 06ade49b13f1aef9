import ByteStreams
import TestSupport
import Testing
import TraceFormats
import TraceModel

@Suite("CSV and NDJSON")
struct TableTests {
  private func gradients(
    _ text: String, _ options: ReadOptions = ReadOptions()
  ) throws -> [String: [GradientInterval]] {
    let (sink, _) = try read(text, options)
    return Dictionary(uniqueKeysWithValues: sink.workers.map { ($0.label.text, $0.gradients) })
  }

  private func read(
    _ text: String, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    try TraceFormatsTests.read(text, as: "x", options)
  }

  @Test("Every column of ours is read, in its own unit")
  func ownColumns() throws {
    let csv = """
      worker,start_ns,duration_us,wait_ms,turnaround_s,step,samples,host
      a,5,2.5,1,0.001,7,3;17;4,node1
      b,0,1e3,,,,,

      """
    let ndjson = """
      {"worker":"a","start_ns":5,"duration_us":2.5,"wait_ms":1,"turnaround_s":0.001,"step":7,\
      "samples":[3,17,4],"host":"node1","loss":{"x":NaN}}
      {"duration_us":1e3,"start_ns":0,"worker":"b","wait_ms":null,"step":null}

      """
    for text in [csv, ndjson] {
      let (sink, facts) = try read(text)
      let first = GradientInterval(
        startNs: 5, durationNs: 2500, waitNs: 1_000_000, turnaroundNs: 1_000_000, step: 7,
        samples: [3, 17, 4])
      let second = GradientInterval(startNs: 0, durationNs: 1_000_000)
      #expect(sink.workers.map(\.gradients) == [[first], [second]])
      #expect(sink.workers.map(\.host) == ["node1", nil])
      #expect(sink.workers.map(\.trust) == [.measured, .measured])
      #expect(facts.kind == .synchronous, "waiting was recorded step by step")
      #expect(sink.issues.isEmpty)
    }
  }

  @Test("An optional key may be null")
  func nulls() throws {
    let (sink, facts) = try read(
      """
      {"worker":"a","duration_ns":5,"host":"n1","trust":null,"trace_kind":null,"samples":null}
      {"worker":"b","duration_ns":6,"host":null,"trust":"separated","turnaround_ns":null}

      """)
    #expect(sink.workers.map(\.host) == ["n1", nil])
    #expect(sink.workers.map(\.trust) == [.measured, .separated])
    #expect(facts.kind == .independent)
    #expect(
      refusal(#"{"worker":null,"duration_ns":5}"# + "\n")?.contains("worker is empty") == true)
  }

  @Test("A name that two columns have is only refused where it is wanted")
  func columnTwice() throws {
    #expect(
      refusal("worker,duration_ns,worker\na,2,b\n")?.contains("two columns are called “worker”")
        == true)
    #expect(try read("worker,duration_ns,x,x\na,2,b,c\n").sink.workers.count == 1)
  }

  @Test(
    "What stands in place of a number is shown",
    arguments: [
      (#"{"worker":"a","duration_ns":"5 s"}"#, #"duration_ns is “"5 s"”"#),
      (#"{"worker":"a","duration_ns":[5]}"#, "duration_ns is “[…]”"),
      (#"{"worker":"a","duration_ns":5,"samples":[1,"x"]}"#, #"samples is “"x"”"#),
    ])
  func noNumber(line: String, message: String) throws {
    #expect(refusal(line + "\n")?.contains(message + ", not a number") == true)
  }

  @Test(
    "Times with and without physical unit are not mixed",
    arguments: [
      "worker,start_ns,duration_relative\na,1,2\n",
      #"{"worker":"a","start_ns":1,"duration_relative":2}"# + "\n",
      #"{"worker":"a","duration_relative":2}"# + "\n" + #"{"worker":"a","duration_ms":2}"# + "\n",
      #"{"worker":"a","duration_ms":2}"# + "\n" + #"{"worker":"a","duration_relative":2}"# + "\n",
    ])
  func mixedUnits(text: String) throws {
    #expect(refusal(text)?.contains("one unit") == true)
  }

  @Test("Columns that are called relative are not mixed with ours either")
  func mixedByName() throws {
    let options = ReadOptions(columns: [.worker: "w", .duration: "d"], unit: .relative)
    #expect(refusal("w,d,start_ns\na,2,1\n", options)?.contains("one unit") == true)
    #expect(try read("w,d\na,2\n", options).facts.unit == .relative)
  }

  /// A column's ending says its unit, in small letters or capitals; what an example leaves out is not there.
  @Test(
    "The example shows columns that are there, and no unit where their names say one",
    arguments: [
      ("Worker,Duration_NS", "--columns worker=Worker,duration=Duration_NS"),
      ("gpu,step_time", "--columns worker=gpu,duration=step_time --unit ms"),
      ("rank,start,end", "--columns worker=rank,start=start,end=end --unit ms"),
      ("rank,t_start_us,t_end_us,elapsed", "--columns worker=rank,duration=elapsed --unit ms"),
      ("rank,start_at,end_at", "--columns worker=rank,start=start_at,end=end_at --unit ms"),
    ])
  func columnsExample(header: String, example: String) throws {
    let message = try #require(refusal(header + "\n1,2,3,4\n"))
    #expect(message.hasSuffix("Say which is which: " + example), "\(message)")
  }

  @Test("The ending of a named column is its unit in capitals too")
  func capitalUnit() throws {
    let options = ReadOptions(columns: [.worker: "Worker", .duration: "Duration_MS"])
    #expect(
      try read("Worker,Duration_MS\na,2\n", options).sink.workers[0].gradients[0].durationNs
        == 2_000_000)
  }

  @Test("An end takes the place of a duration, or of a start")
  func ends() throws {
    #expect(
      try gradients("worker,start_ms,end_ms\na,1,3\n")
        == ["a": [GradientInterval(startNs: 1_000_000, durationNs: 2_000_000)]])
    #expect(
      try gradients("worker,duration_ms,end_ms\na,1,3\n")
        == ["a": [GradientInterval(startNs: 2_000_000, durationNs: 1_000_000)]])
  }

  @Test("Without start times gradients are back to back per worker")
  func backToBack() throws {
    let read = try gradients("worker,duration_s\na,1\nb,5\na,2\na,3\n")
    #expect(read["a"]?.map(\.startNs) == [0, 1_000_000_000, 3_000_000_000])
    #expect(read["b"]?.map(\.startNs) == [0])
  }

  @Test(
    "The unit of other people's columns: asked for, else by their name, else seconds",
    arguments: [
      ("perf", nil, 1_500_000_000), ("perf_ms", nil, 1_500_000), ("perf_ms", .microseconds, 1500),
      ("perf", .milliseconds, 1_500_000), ("perf", .relative, 1_500_000_000),
    ] as [(String, ColumnUnit?, Int64)])
  func units(name: String, unit: ColumnUnit?, expected: Int64) throws {
    let options = ReadOptions(columns: [.worker: "id", .duration: name], unit: unit)
    for text in ["id,x,\(name)\na,9,1.5\n", "{\"id\":\"a\",\"x\":9,\"\(name)\":1.5}\n"] {
      let (sink, facts) = try read(text, options)
      #expect(sink.workers[0].gradients[0].durationNs == expected)
      #expect(facts.unit == (unit == .relative ? .relative : .seconds))
    }
  }

  @Test("--columns is parsed, and what it does not know is named")
  func columns() throws {
    let columns = try ReadOptions.columns(parsing: "worker=uuid,duration=a=b")
    #expect(columns == [.worker: "uuid", .duration: "a=b"])
    for text in ["worker", "speed=x", "worker=", "worker=a,worker=b", ""] {
      #expect(throws: TraceFormatError.self) { try ReadOptions.columns(parsing: text) }
    }
    let error = #expect(throws: TraceFormatError.self) {
      try ReadOptions.columns(parsing: "speed=x")
    }
    #expect(
      error?.description == "--columns: “speed=x” names no column. Write ROLE=NAME with commas in"
        + " between, where ROLE is one of worker, start, duration, end, wait, turnaround, step,"
        + " samples, host, trust, trace_kind, rate.")
  }

  @Test("CRLF, a byte order mark, quotes, tabs and semicolons change nothing")
  func dialects() throws {
    let plain = try gradients("worker,duration_ns\na,1\nb,2\n")
    for text in [
      "\u{feff}worker,duration_ns\r\na,1\r\nb,2\r\n", "worker\tduration_ns\na\t1\nb\t2\n",
      "worker;duration_ns\na;1\n\nb;2\n", "\"worker\",\"duration_ns\"\n\"a\",\"1\"\n\"b\",2\n",
      "\u{feff}{\"worker\":\"a\",\"duration_ns\":1}\r\n{\"worker\":\"b\",\"duration_ns\":2}\r\n",
    ] {
      #expect(try gradients(text) == plain)
    }
    #expect(try gradients("worker,duration_ns\n\"a, or b\",1\n").keys.first == "a, or b")
  }

  /// Plain rows find their workers by a short way, where names meet that are alike; quotes and a column
  /// beside them lead around it.
  @Test("Thousands of names of any length", arguments: [true, false])
  func manyNames(hasStarts: Bool) throws {
    let names = (0..<3000).map { index in
      let name = "\(index)" + String(repeating: index % 2 == 0 ? "x" : "-", count: index % 23)
      return index % 3 == 0 ? String(name.reversed()) : name
    }
    let left: Set<String> = [names[7], names[1234]]
    var texts = ["", "", ""]
    for row in 0..<20_000 {
      // 97 in turn, which is where names could displace one another for ever, and all in turn.
      let name = names[row % 2 == 0 ? row / 2 % 97 : row / 2 * 7919 % 3000]
      let start = hasStarts ? "\(row * 10)," : ""
      let rest = "\(start)\(row % 11 + 1)"
      texts[0] += "\(name),\(rest)\n"
      texts[1] += "\"\(name)\",\(rest)\n"
      texts[2] += "\(name),\(rest),h\n"
    }
    let header = hasStarts ? "worker,start_ns,duration_ns" : "worker,duration_ns"
    let options = ReadOptions(skippedWorkers: left)
    let plain = try gradients("\(header)\n\(texts[0])", options)
    #expect(Set(names).subtracting(left).symmetricDifference(plain.keys) == [])
    let count = plain.values.reduce(0) { $0 + $1.count }
    #expect(count > 19_000 && count < 20_000)
    let quoted = try gradients("\(header)\n\(texts[1])", options)
    let beside = try gradients("\(header),host\n\(texts[2])", options)
    // Thousands of them in a message would help nobody.
    #expect(plain.first { quoted[$0.key] != $0.value || beside[$0.key] != $0.value } == nil)
    #expect(quoted.count == plain.count && beside.count == plain.count)
  }

  @Test("Any buffer size gives the same", arguments: [1, 2, 3, 7, 777, 4096, 262_144])
  func buffers(size: Int) throws {
    let csv =
      "worker,start_ns,duration_ns\n" + (0..<50).map { "w\($0 % 3),\($0),\($0 + 1)\n" }.joined()
    #expect(try gradients(csv, ReadOptions(bufferSize: size)) == gradients(csv))
  }

  @Test("An unterminated last line that is a gradient is kept and counted")
  func unterminatedKept() throws {
    for text in [
      "worker,duration_ns\na,1\na,2",
      "{\"worker\":\"a\",\"duration_ns\":1}\n{\"worker\":\"a\",\"duration_ns\":2}",
    ] {
      let (sink, _) = try read(text)
      #expect(sink.gradientCount == 2)
      #expect(sink.issues.map(\.code) == ["unterminated-line-kept"])
      #expect(sink.issues[0].severity == .info)
    }
  }

  @Test(
    "An unterminated last line that is no gradient is dropped and counted",
    arguments: [
      "worker,duration_ns\na,1\nb", "worker,duration_ns\na,1\nb,",
      "worker,duration_ns\na,1\nb,9e99", "worker,duration_ns\na,1\n\"b",
      "{\"worker\":\"a\",\"duration_ns\":1}\n{\"worker\":\"b\",\"dura",
    ])
  func unterminatedDropped(text: String) throws {
    let (sink, _) = try read(text)
    #expect(sink.workers.map(\.label.text) == ["a"], "no worker without gradients")
    #expect(sink.gradientCount == 1)
    #expect(sink.issues.map(\.code) == ["unterminated-line-dropped"])
    #expect(sink.issues[0].severity == .warning)
    #expect(sink.issues[0].firstPlace == (text.hasPrefix("{") ? "x:2" : "x:3"))
  }

  @Test(
    "A duration of 0 counts as half of what the column can show, at least 1 ns",
    arguments: [
      ("duration_ms", "5", "0", 500_000), ("duration_ns", "5", "0", 1),
      ("duration_s", "0.243", "0", 500_000), ("duration_s", "0.243", "0.00000", 5000),
      ("duration_us", "5.0000001", "0.0", 1),
    ])
  func zero(column: String, other: String, zero: String, expected: Int64) throws {
    let (sink, _) = try read("worker,\(column)\na,\(zero)\na,\(other)\n")
    #expect(sink.workers[0].gradients[0].durationNs == expected)
    #expect(sink.issues.map(\.code) == ["zero-duration"])
    #expect(sink.issues[0].firstPlace == "x:2")
  }

  @Test("A worker with nothing but durations of 0 is refused, and can be left out")
  func onlyZero() throws {
    for text in [
      "worker,duration_ms\nb,1\n'a,0\n'a,0\n",
      "{\"worker\":\"b\",\"duration_ms\":1}\n{\"worker\":\"'a\",\"duration_ms\":0}\n",
    ] {
      #expect(
        refusal(text)
          == "x: every duration of the worker 'a is 0, so its speed is unknown."
          + " Leave it out by --skip-worker ''\\''a'")
      let (sink, _) = try read(text, ReadOptions(skippedWorkers: ["'a"]))
      #expect(sink.workers.map(\.label.text) == ["b"])
      #expect(sink.issues.map(\.code) == ["worker-skipped"])
    }
  }

  @Test("A name that is not UTF-8 is read as Latin-1, and counted once")
  func latin1() throws {
    let bytes =
      Array("worker,duration_ns\nZ".utf8) + [0xfc] + Array("rich,1\nZ".utf8) + [0xfc]
      + Array("rich,2\n".utf8)
    let (sink, _) = try TraceFormatsTests.read(bytes)
    #expect(sink.workers.map(\.label.text) == ["Zürich"])
    #expect(sink.issues.map(\.code) == ["latin-1-label"])
    #expect(sink.issues[0].count == 1)
  }

  @Test("The grade can be overridden, and a number can name a worker")
  func trust() throws {
    let (sink, _) = try read(
      "{\"worker\":3,\"duration_ns\":1}\n", ReadOptions(trust: .wallClock))
    #expect(sink.workers[0].label.text == "3")
    #expect(sink.workers[0].trust == .wallClock)
  }

  @Test("A cut gz of a table delivers what came before")
  func cutStream() throws {
    let path = fixture("formats/two-workers.csv.gz")
    let bytes = try #require(try? ByteSource(path: path).head(1 << 20))
    #expect(String(decoding: bytes.prefix(6), as: UTF8.self) == "worker")
    let sink = CollectingSink()
    _ = try readTrace(at: fixture("malformed/csv/cut.csv.gz"), into: sink)
    #expect(sink.gradientCount > 100)
    #expect(sink.issues.map(\.code).contains("cut-compressed-stream"))
  }

  @Test(
    "Random byte changes in tables never trap", arguments: 0..<2000 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let texts = [
      "worker,start_ns,duration_ns,samples\na,0,5,1;2\n\"b,\"\"\",7,0.5,\nc,9,1e1,3\n",
      "{\"worker\":\"a\",\"start_ns\":0,\"duration_ns\":5,\"samples\":[1,2]}\n{\"worker\":1,\"duration_ns\":7}\n",
    ]
    var bytes = Array(texts[Int(seed % 2)].utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
    }
    for size in [3, 4096] {
      let sink = CollectingSink()
      do {
        let source = try ByteSource(path: "x", bytes: bytes, bufferSize: size)
        _ = try readTrace(from: source, options: ReadOptions(bufferSize: size), into: sink)
      } catch {
        #expect(error is TraceFormatError || error is ByteStreamError, "\(error)")
      }
      #expect(sink.workers.flatMap(\.gradients).allSatisfy { $0.durationNs > 0 })
    }
  }
}

@Suite("Long lines")
struct LongLineTests {
  /// 100,000 sample indices make a line of 600 KB, more than is looked at to tell a format.
  @Test("A first line that is longer than what is looked at is still told")
  func longFirstLine() throws {
    let folder = try TemporaryFolder()
    let samples = [String](repeating: "12345", count: 100_000).joined(separator: ",")
    let line = #"{"worker":"a","duration_ns":5,"samples":[\#(samples)]}"#
    let path = try folder.write(line + "\n" + line + "\n", as: "long")
    #expect(try detectFormat(at: path) == .ndjson)
  }
}
