#if os(Linux)
  import Foundation
  import Glibc
  import TestSupport
  import Testing

  /// Peak memory of the tool itself: in the tests' own process it would be that of all tests at once.
  @Suite("Memory of an import")
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
  }
#endif
