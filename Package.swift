// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors where we check ourselves. Elsewhere the next compiler's new warning must not
// keep anybody from building.
let checked: [SwiftSetting] =
  Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

// Modules that never touch a pointer say so to the compiler.
let safe: [SwiftSetting] = checked + [.strictMemorySafety()]

let package = Package(
  name: "outpace",
  products: [
    .executable(name: "outpace", targets: ["OutpaceCommand"]),
    // Workbench's functions, and the modules whose values they take and return.
    .library(
      name: "Outpace",
      targets: ["Workbench", "Reports", "Analysis", "ReplayEngine", "Optimization", "TraceModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    .target(name: "CKernels"),
    .target(name: "Kernels", dependencies: ["CKernels"], swiftSettings: checked),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "ByteStreams", dependencies: ["Kernels", "CZlib", "CZstd"], swiftSettings: checked),
    .target(name: "TraceModel", swiftSettings: safe),
    .target(
      name: "TraceFormats", dependencies: ["ByteStreams", "CSQLite", "TraceModel"],
      swiftSettings: checked),
    .target(
      name: "Optimization", dependencies: ["Kernels", "TraceModel", "ByteStreams"],
      swiftSettings: checked),
    .target(
      name: "ReplayEngine",
      dependencies: [
        "Optimization", "TraceModel", "Kernels", .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: checked),
    .target(
      name: "TraceStore",
      dependencies: [
        "ReplayEngine", "TraceModel", "ByteStreams", "CSQLite", "CZstd",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: checked),
    .target(
      name: "Analysis", dependencies: ["TraceModel", "ReplayEngine", "Optimization", "Kernels"],
      swiftSettings: safe
    ),
    .target(
      name: "Reports", dependencies: ["Analysis", "ReplayEngine", "TraceModel"],
      swiftSettings: safe),
    .target(
      name: "Workbench",
      dependencies: [
        "Kernels", "ByteStreams", "TraceModel", "TraceFormats", "Optimization", "ReplayEngine",
        "TraceStore", "Analysis", "Reports",
      ], swiftSettings: safe),
    .executableTarget(
      name: "OutpaceCommand",
      dependencies: [
        "Workbench", "Reports", "TraceModel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: safe),

    .target(
      name: "TestSupport", dependencies: ["TraceModel"], path: "Tests/TestSupport",
      swiftSettings: checked),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: checked),
    .testTarget(
      name: "ByteStreamsTests", dependencies: ["ByteStreams", "Kernels", "TestSupport"],
      swiftSettings: checked),
    .testTarget(
      name: "TraceModelTests", dependencies: ["TraceModel", "TestSupport"], swiftSettings: checked),
    .testTarget(
      name: "TraceFormatsTests",
      dependencies: ["TraceFormats", "ByteStreams", "TraceModel", "TestSupport"],
      swiftSettings: checked),
    .testTarget(
      name: "OptimizationTests",
      dependencies: ["Optimization", "Kernels", "ByteStreams", "TestSupport"],
      swiftSettings: checked),
    .testTarget(
      name: "ReplayEngineTests",
      dependencies: ["ReplayEngine", "Optimization", "Kernels", "TraceModel", "TestSupport"],
      swiftSettings: checked),
    .testTarget(
      name: "TraceStoreTests",
      dependencies: ["TraceStore", "ReplayEngine", "TraceModel", "TestSupport"],
      swiftSettings: checked),
    .testTarget(
      name: "AnalysisTests",
      dependencies: ["Analysis", "ReplayEngine", "Optimization", "TraceModel", "TestSupport"],
      swiftSettings: checked),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Reports", "Analysis", "ReplayEngine", "TraceModel", "TestSupport"],
      exclude: ["Golden"],
      swiftSettings: checked),
    .testTarget(
      name: "WorkbenchTests",
      dependencies: [
        "Workbench", "Analysis", "ReplayEngine", "Optimization", "TraceStore", "TraceFormats",
        "ByteStreams", "TraceModel", "TestSupport",
      ], swiftSettings: checked),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["OutpaceCommand", "Reports", "TraceStore", "ByteStreams", "TestSupport"],
      swiftSettings: checked),
    // What the documentation says, run: its examples, its queries, its list of errors.
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "OutpaceCommand", "Workbench", "Reports", "Analysis", "ReplayEngine", "Optimization",
        "TraceStore", "TraceFormats", "ByteStreams", "TraceModel", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: checked),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer's program exists only where it is asked for: it needs the compiler's own fuzzer, and
// flags that would keep others from depending on this package.
if Context.environment["OUTPACE_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "FuzzDecoders",
      dependencies: ["ByteStreams", "Optimization", "TraceFormats", "TraceModel", "TraceStore"],
      path: "Tests/Fuzzing", swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
