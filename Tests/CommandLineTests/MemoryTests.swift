#if os(Linux)
  import ByteStreams
  import Foundation
  import Glibc
  import TestSupport
  import Testing

  /// Peak memory of the tool itself: in the tests' own process it would be that of all tests at once.
  @Suite("Memory of an import", .needsOptimiser)
  struct MemoryTests {
    /// Runs the tool and returns its exit status and largest resident size in bytes.
    ///
    /// The high-water mark of `/proc` is that of the program alone; `ru_maxrss` outlives the exec and
    /// would show the size of the tests. It only grows, so that looking often misses little.
    private func run(_ arguments: [String]) throws -> (status: Int32, peakBytes: Int) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Tool.path)
      process.arguments = arguments
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      var peak = 0
      while process.isRunning {
        peak = max(peak, highWaterMark(of: process.processIdentifier))
        usleep(500)
      }
      process.waitUntilExit()
      return (process.terminationStatus, peak)
    }

    private func highWaterMark(of process: pid_t) -> Int {
      guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
      else { return 0 }
      return (Int(kilobytes) ?? 0) * 1024
    }

    /// 96 MB of which most is skipped: a reader that holds its file, or a tenth of the design's larger
    /// budget too much, cannot stay below 64 MiB.
    @Test("A profile of 96 MB is imported in less than 64 MiB")
    func profile() throws {
      let folder = try TemporaryFolder()
      let path = try folder.write("", to: "rank0.pt.trace.json")
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      let blob = String(repeating: "x", count: 1 << 20)
      try file.write(
        contentsOf: Data(
          #"{"schemaVersion":1,"distributedInfo":{"rank":0,"world_size":1},"traceEvents":["#.utf8))
      for step in 0..<96 {
        let comma = step == 0 ? "" : ","
        try file.write(
          contentsOf: Data(
            (comma + #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#\#(step)","pid":1,"#
              + #""tid":1,"ts":\#(step * 1000),"dur":900,"args":{"blob":"\#(blob)"}},"#
              + #"{"ph":"X","cat":"cpu_op","name":"aten::mm","pid":1,"tid":1,"ts":\#(step * 1000),"#
              + #""dur":800}"#).utf8))
      }
      try file.write(contentsOf: Data("]}".utf8))
      try file.close()
      let result = try run(["import", path, "--db", folder.path("m.db"), "--quiet"])
      #expect(result.status == 0)
      #expect(result.peakBytes > 1 << 20)
      #expect(result.peakBytes < 64 << 20, "\(result.peakBytes) bytes")
    }

    /// The rows of two million gradients are 100 MB of text and pack to a few.
    @Test("A native file is imported in constant memory")
    func native() throws {
      let folder = try TemporaryFolder()
      let compressor = ZstdCompressor(level: 1)
      let path = try folder.write("", to: "trace.outpace.zst")
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      func write(_ text: String) throws {
        var text = text
        try file.write(
          contentsOf: Data(text.withUTF8 { compressor.pack(UnsafeRawBufferPointer($0)) }))
      }
      let count = 2_000_000
      try write(
        #"{"outpace_trace":1,"name":"n","digest":"","format":"csv","kind":"independent","unit":"s","#
          + #""start_unix_ns":null,"source":"","options_json":"{}","workers":1,"gradients":\#(count),"#
          + #""issues":[]}"# + "\n" + #"{"worker":"a","host":null,"trust":"measured","#
          + #""gradients":\#(count)}"# + "\n")
      for start in stride(from: 0, to: count, by: 1000) {
        try write(
          (start..<start + 1000).map { #"{"worker":"a","start_ns":\#($0),"duration_ns":1}"# + "\n" }
            .joined())
      }
      try write(#"{"replays":0}"# + "\n")
      try file.write(contentsOf: Data(compressor.finish()))
      try file.close()
      // The digest is made up: all is read, and nothing is kept.
      let result = try run(["import", path, "--db", folder.path("m.db"), "--quiet"])
      #expect(result.status == 65)
      #expect(result.peakBytes > 1 << 20)
      #expect(result.peakBytes < 256 << 20, "\(result.peakBytes) bytes")
    }

    /// Files of about 100 MB, most of it in fields that nobody reads: what is measured is the way
    /// through decompressor, scanner and reader, at a speed that debug builds stand.
    enum Kind: String, CaseIterable, Sendable {
      case csv, ndjson, ray, spark, chrome, horovod

      var opening: String {
        switch self {
        case .csv: "worker,start_us,duration_us,comment\n"
        case .ndjson, .spark: ""
        case .ray, .chrome, .horovod: "["
        }
      }

      func item(_ index: Int, _ blob: String) -> String {
        let start = index * 100
        switch self {
        case .csv: return "w\(index % 4),\(start),90,\(blob)\n"
        case .ndjson:
          return
            #"{"worker":"w\#(index % 4)","start_us":\#(start),"duration_us":90,"x":"\#(blob)"}"#
            + "\n"
        case .ray:
          return (index == 0 ? "" : ",")
            + #"{"cat":"task::f","ph":"X","pid":"h","tid":"w\#(index % 4)","ts":\#(start),"dur":90,"#
            + #""args":{"x":"\#(blob)"}}"#
        case .spark:
          return
            #"{"Event":"SparkListenerTaskEnd","Stage ID":1,"Task End Reason":{"Reason":"Success"},"#
            + #""Task Info":{"Launch Time":\#(start),"Finish Time":\#(start + 90),"Executor ID":"1","#
            + #""Host":"h","x":"\#(blob)"},"Task Metrics":{"Executor Run Time":80}}"# + "\n"
        case .chrome:
          return (index == 0 ? "" : ",")
            + #"{"name":"step","ph":"X","pid":\#(index % 4),"tid":1,"ts":\#(start),"dur":90,"#
            + #""args":{"x":"\#(blob)"}}"#
        case .horovod:
          let comma = index == 0 ? "" : ","
          let ticks = (0..<2).map {
            #"{"ph":"X","name":"\#($0)","ts":\#(start + 10 * $0 + 5),"pid":1,"dur":0},"#
          }.joined()
          return comma + #"{"ph":"B","name":"NEGOTIATE_ALLREDUCE","ts":\#(start),"pid":1},"# + ticks
            + #"{"ph":"E","ts":\#(start + 20),"pid":1},{"ph":"B","name":"ALLREDUCE","ts":"#
            + #"\#(start + 20),"pid":1,"args":{"x":"\#(blob)"}},{"ph":"E","ts":\#(start + 50),"pid":1}"#
        }
      }

      var ending: String { opening == "[" ? "]" : "" }
      var options: [String] { self == .chrome ? ["--event", "step"] : [] }
    }

    private func write(_ kind: Kind, to folder: TemporaryFolder) throws -> String {
      let path = try folder.write(kind.opening, to: "big.\(kind.rawValue)")
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seekToEnd()
      let blob = String(repeating: "x", count: 1 << 20)
      // The first is small, since what a file is has to show in its first 256 KiB.
      for index in 0...100 {
        try file.write(contentsOf: Data(kind.item(index, index == 0 ? "" : blob).utf8))
      }
      try file.write(contentsOf: Data(kind.ending.utf8))
      try file.close()
      return path
    }

    @Test("100 MB of any format are imported in less than 64 MiB", arguments: Kind.allCases)
    func formats(kind: Kind) throws {
      let folder = try TemporaryFolder()
      let path = try write(kind, to: folder)
      let result = try run(
        ["import", path, "--db", folder.path("m.db"), "--quiet"] + kind.options)
      #expect(result.status == 0)
      #expect(result.peakBytes > 1 << 20)
      #expect(result.peakBytes < 64 << 20, "\(result.peakBytes) bytes")
    }

    @Test(
      "Compressed they need no more",
      arguments: ["gzip", "zstd"].filter {
        FileManager.default.fileExists(atPath: "/usr/bin/\($0)")
      })
    func compressed(program: String) throws {
      let folder = try TemporaryFolder()
      let path = try write(.csv, to: folder)
      let packer = Process()
      packer.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
      packer.arguments = ["-q", "-1", path]
      try packer.run()
      packer.waitUntilExit()
      let packed = path + (program == "gzip" ? ".gz" : ".zst")
      let result = try run(["import", packed, "--db", folder.path("m.db"), "--quiet"])
      #expect(result.status == 0)
      #expect(result.peakBytes < 64 << 20, "\(result.peakBytes) bytes")
    }

    /// The buffer of gradients is full many times over.
    @Test("Five million rows are imported in less than 160 MiB")
    func rows() throws {
      let folder = try TemporaryFolder()
      let path = try folder.write("worker,start_ns,duration_ns\n", to: "rows.csv")
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seekToEnd()
      for block in 0..<500 {
        var text = ""
        for row in 0..<10_000 {
          let number = block * 10_000 + row
          text += "\(number % 100),\(number * 10),\(5 + number % 7)\n"
        }
        try file.write(contentsOf: Data(text.utf8))
      }
      try file.close()
      let result = try run(["import", path, "--db", folder.path("m.db"), "--quiet"])
      #expect(result.status == 0)
      #expect(result.peakBytes < 160 << 20, "\(result.peakBytes) bytes")
    }
  }
#endif
