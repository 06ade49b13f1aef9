import ArgumentParser
import Workbench

/// What is replayed, on what, and for how long.
struct ReplayOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A method and its options, as in async:rule=drop,delay-limit=5; repeatable. Methods: minibatch, async, backup, rennala, ringmaster, buffered, fastest, local, picky:distance=0.1, clipped:radius=1, dc-async:lambda=0.04, momentum:beta=0.9. Default: minibatch and async.",
      valueName: "method"))
  var method: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to minimise, as in 'softmax:fixtures/digits.svm?l2=1e-4,batch=32'; default a generated logistic regression.",
      valueName: "spec"))
  var objective: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The stepsize γ, 'tuned' (the default), or 'theory' (what the convex bound asks for).",
      valueName: "gamma"))
  var stepsize: String?

  @Option(
    name: .customLong("stepsize-rule"),
    help: ArgumentHelp(
      "How async's stepsize depends on the delay: constant, adaptive, scaled, drop, inverse.",
      valueName: "rule"))
  var stepsizeRule: String?

  @Option(
    name: .customLong("delay-limit"), parsing: .unconditional,
    help: ArgumentHelp(
      "The largest delay that drop (default 2M) and ringmaster apply; 1 is fresh.",
      valueName: "updates"))
  var delayLimit: Int?

  @Option(
    name: .customLong("adaptive-constant"), parsing: .unconditional,
    help: ArgumentHelp("c of the rule adaptive, min{γ, 1/(cLτ)}; default 4.", valueName: "c"))
  var adaptiveConstant: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Gradients that a backup round waits for.", valueName: "n"))
  var need: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Gradients of an update of rennala and buffered.", valueName: "b"))
  var collect: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Workers that fastest keeps.", valueName: "m"))
  var workers: Int?

  @Option(
    name: .customLong("local-steps"), parsing: .unconditional,
    help: ArgumentHelp("Steps that a worker of local makes on its own in a round.", valueName: "h"))
  var localSteps: Int?

  @Flag(
    name: .long, help: "rennala and ringmaster restart workers whose gradient became useless.")
  var abort = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("L, instead of the objective's own smoothness.", valueName: "l"))
  var smoothness: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends at this simulated time, included: 90s, 250ms, 2h.", valueName: "time"))
  var time: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends after so many updates.", valueName: "k"))
  var updates: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends after so many applied gradients.", valueName: "n"))
  var gradients: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends after so many passes over the data.", valueName: "passes"))
  var epochs: Double?

  @Option(
    name: .customLong("at-end"),
    help: ArgumentHelp(
      "When a worker's entries are used up: repeat from the first, stop, or resample one of them for each gradient.",
      valueName: "what"))
  var atEnd = "repeat"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Reads durations one after another (sequence), or as the speed of a worker at each moment (clock): slow hours then hit whoever computes.",
      valueName: "model"))
  var timing = "sequence"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "'recorded' takes the arrivals as the trace has them, in their order, once: what the recorded job itself did. One --method with its --stepsize.",
      valueName: "order"))
  var order: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Where batches come from: seeded, recorded.", valueName: "source"))
  var sampling = "seeded"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Whether a worker is handed the iterate after or before its own update.", valueName: "order"))
  var handout = "after"

  @Option(
    name: .long,
    help: ArgumentHelp("Time the server needs for one update, as in 50us.", valueName: "time"))
  var server: String?

  @Option(
    name: .long, help: ArgumentHelp("x_0: a file with a number a line.", valueName: "file"))
  var initial: String?

  @Option(
    name: .customLong("evaluate-every"), parsing: .unconditional,
    help: ArgumentHelp(
      "Evaluates the loss every N updates; default at 400 instants.", valueName: "n"))
  var evaluateEvery: Int?

  @Flag(name: .long, help: "Tracks virtual iterates in a second pass, beside their bounds.")
  var virtual = false

  @Flag(
    name: .long,
    help:
      "Measures what the theory assumes, and its bounds beside what they bound: a loss an update."
  )
  var bounds = false

  func job(turnaround: String, running: RunOptions) throws -> ReplayJob {
    let options = MethodOptions(
      rule: try stepsizeRule.map(MethodSpec.rule),
      delayLimit: try positive(delayLimit, "delay-limit"),
      adaptiveConstant: adaptiveConstant, need: try positive(need, "need"),
      collect: try positive(collect, "collect"), workers: try positive(workers, "workers"),
      localSteps: try positive(localSteps, "local-steps"),
      abort: abort, stepsize: try stepsize.map(StepsizeChoice.init(parsing:)))
    let names = method.isEmpty ? ["minibatch", "async"] : method
    var job = ReplayJob(
      methods: try MethodSpec.parse(names, defaults: options),
      objective: objective ?? defaultObjective, seed: running.seed, threads: running.threads)
    job.smoothness = smoothness
    job.timeNs = try time.map(TimeText.nanoseconds)
    job.updateCount = try positive(updates, "updates")
    job.gradientCount = try positive(gradients, "gradients")
    job.epochCount = epochs
    try job.setAtEnd(atEnd)
    try job.setTiming(timing)
    if let order { try job.setOrder(order) }
    try job.setSampling(sampling)
    try job.setHandout(handout)
    job.turnaround = try .init(parsing: turnaround)
    job.serverNs = try server.map(TimeText.nanoseconds) ?? 0
    job.initialPath = initial
    job.evaluateEvery = try positive(evaluateEvery, "evaluate-every")
    job.tracksVirtualIterates = virtual
    job.checksTheory = bounds
    return job
  }

  private func positive(_ value: Int?, _ option: String) throws -> Int? {
    if let value, value < 1 {
      throw Failure(.usage, "--\(option) \(value): write a whole number from 1 on.")
    }
    return value
  }
}
