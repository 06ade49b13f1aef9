#if os(Linux)
  import Foundation
  import Glibc
  import TestSupport
  import Testing

  /// Peak memory of the tool itself: in the tests' own process it would be that of all tests at once.
  @Suite("Memory of an import")
  struct MemoryTests {
    /// Runs the tool and returns its exit status and largest resident size in bytes.
    private func run(_ arguments: [String]) throws -> (status: Int32, peakBytes: Int) {
      var words: [UnsafeMutablePointer<CChar>?] = ([Tool.path] + arguments).map { strdup($0) }
      words.append(nil)
      defer { for word in words { free(word) } }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      var process: pid_t = 0
      try #require(posix_spawn(&process, Tool.path, &actions, nil, words, environ) == 0)
      var status: Int32 = 0
      var usage = rusage()
      try #require(wait4(process, &status, 0, &usage) == process)
      return (status, usage.ru_maxrss * 1024)
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
