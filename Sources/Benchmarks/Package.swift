// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that who uses outpace never resolves what is needed to measure it.
let package = Package(
  name: "outpace-benchmarks",
  products: [.executable(name: "measure", targets: ["measure"])],
  dependencies: [
    .package(name: "outpace", path: "../.."),
    // Without its allocation counter, which needs a library that is not everywhere.
    .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
  ],
  targets: [
    .target(
      name: "ReplayCases", dependencies: [.product(name: "Outpace", package: "outpace")]),
    .executableTarget(name: "measure", dependencies: ["ReplayCases"]),
    .executableTarget(
      name: "ReplayBenchmarks",
      dependencies: ["ReplayCases", .product(name: "Benchmark", package: "benchmark")],
      path: "Benchmarks/ReplayBenchmarks",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ],
  swiftLanguageModes: [.v6]
)
