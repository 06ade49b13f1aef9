import Foundation
import TestSupport
import Testing

/// The map of the package as a test: imports point one way only. The compiler lets transitive
/// imports slip through, so every import line is compared with the table.
@Suite("Architecture")
struct ArchitectureTests {
  /// What each module may import of this package and its dependencies.
  private static let allowed: [String: Set<String>] = [
    "Kernels": ["CKernels"],
    "ByteStreams": ["Kernels", "CZlib", "CZstd"],
    "TraceModel": [],
    "TraceFormats": ["ByteStreams", "CSQLite", "TraceModel"],
    "Optimization": ["Kernels", "TraceModel", "ByteStreams"],
    "ReplayEngine": ["Optimization", "TraceModel", "Kernels", "Crypto"],
    "TraceStore": [
      "ReplayEngine", "TraceModel", "ByteStreams", "GRDB", "CSQLite", "GRDBSQLite", "Crypto",
      "CZstd", "Optimization",
    ],
    "Analysis": ["TraceModel", "ReplayEngine", "Kernels", "Optimization"],
    "Reports": ["Analysis", "ReplayEngine", "TraceModel", "Optimization"],
    "Workbench": [
      "Kernels", "ByteStreams", "TraceModel", "TraceFormats", "Optimization", "ReplayEngine",
      "TraceStore", "Analysis", "Reports",
    ],
    "OutpaceCommand": ["Workbench", "Reports", "TraceModel", "ArgumentParser"],
  ]

  /// The system's own modules, which any module may use unless it says that it imports nothing.
  private static let system: Set<String> = [
    "Foundation", "Glibc", "Darwin", "Dispatch", "Musl", "Synchronization",
  ]

  @Test("Every import line is in the table", arguments: allowed.keys.sorted())
  func imports(module: String) throws {
    let allowed = try #require(Self.allowed[module])
    let folder = Repository.root.appendingPathComponent("Sources/\(module)")
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
    var strangers: [String] = []
    var read = 0
    for case let name as String in files where name.hasSuffix(".swift") {
      read += 1
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for line in text.split(separator: "\n") {
        guard let imported = Self.module(importedBy: line) else { continue }
        let mayUseSystem = module != "TraceModel"
        if allowed.contains(imported) { continue }
        if mayUseSystem, Self.system.contains(imported) { continue }
        strangers.append("\(module)/\(name) imports \(imported)")
      }
    }
    #expect(read > 0)
    #expect(strangers == [])
  }

  @Test("The top level holds what the house allows")
  func topLevel() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.root.path)
    let allowed: Set<String> = [
      "Package.swift", "README.md", "LICENSE", "Sources", "Tests", "traces", "fixtures",
      // Written by the tools and ignored by git.
      "Package.resolved", "report.html", "reports", "outpace.db",
    ]
    #expect(names.filter { !$0.hasPrefix(".") && !allowed.contains($0) }.sorted() == [])
  }

  private static func module(importedBy line: Substring) -> String? {
    var words = line.split(separator: " ").map(String.init)
    while let first = words.first, first.hasPrefix("@") || accessLevels.contains(first) {
      words.removeFirst()
    }
    guard words.first == "import", words.count >= 2 else { return nil }
    let kinds: Set<String> = ["struct", "class", "enum", "func", "var", "protocol", "typealias"]
    let name = kinds.contains(words[1]) ? words[2] : words[1]
    return name.split(separator: ".").first.map(String.init)
  }

  private static let accessLevels: Set<String> = ["public", "package", "internal", "private"]
}
