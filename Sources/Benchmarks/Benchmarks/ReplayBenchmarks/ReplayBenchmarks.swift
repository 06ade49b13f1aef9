import Benchmark
import ReplayCases

/// Every replay of the budget, for following one machine over time: `swift package benchmark`.
///
/// For a comparison with the floor and with what one would write instead, run `Sources/Benchmarks/compare`.
let benchmarks: @Sendable () -> Void = {
  for name in ReplayCases.names {
    Benchmark(
      name,
      configuration: .init(
        metrics: [.wallClock, .throughput, .peakMemoryResident], warmupIterations: 1,
        maxDuration: .seconds(30), maxIterations: 7)
    ) { benchmark in
      guard let work = try ReplayCases.make(name) else { return }
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try work.run()) }
      benchmark.stopMeasurement()
    }
  }
}
