import Optimization
import Reports
import Workbench

/// Imports a recorded job, prints what to do with its workers, and writes the whole report.
func outpaceReport(of path: String, database: String, page: String) throws {
  var reading = ReadingChoices()
  reading.skip = 1  // Each worker's first gradient is a warm-up.
  for trace in try openTraces([path], databasePath: database, reading: reading) {
    let inspection = inspectTrace(trace)
    print("count speed-up, formula: \(inspection.speedup.formulaMean)")
    for worker in inspection.workers where worker.slowdown > 1.5 {
      print("\(worker.worker.label) is \(worker.slowdown) times as slow as the fastest")
    }

    let comparison = try compareTrace(trace, inspection: inspection)
    print(comparison.verdict.sentence)

    var job = ReplayJob(
      methods: [
        MethodSpec(choice: .minibatch, stepsize: .value(0.1)),
        MethodSpec(choice: .async(rule: .scaled), stepsize: .value(0.1)),
      ], objective: "logistic:gaussian:n=512,d=32?l2=1e-3")
    job.timeNs = 500_000_000
    for run in try replayTrace(trace, job).runs {
      print("\(run.request.method.name): \(run.updateCount) updates, \(run.fingerprint ?? "")")
    }

    let report = try reportTrace(trace, ReportJob())
    try replaceFile(at: page) { try $0.write(renderHTML(report.input)) }
  }
}
