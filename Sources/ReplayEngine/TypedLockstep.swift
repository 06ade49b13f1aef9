import Optimization
import TraceModel

/// The bodies of several replays of one type of objective, advanced together.
///
/// Each member has its own iterate, gradients in flight, evaluation and fingerprint, and does exactly what
/// it would do alone. What is shared is the arrival: while a row of the data is near, every member uses it,
/// so that it is fetched from memory once and not once a member.
///
/// A member that diverges leaves with the counts of that moment, as it would have ended alone, and the
/// others go on.
final class TypedLockstep<O: Objective> {
  private let members: UnsafeMutablePointer<GradientReplay<O>>
  private let board: VerdictBoard
  /// The members that are still running, ascending.
  private let running: UnsafeMutablePointer<Int>
  private var runningCount: Int
  private let verdicts: UnsafeMutablePointer<Verdict>
  /// Which members diverged with the last update.
  private var isDiverged: [Bool]
  private(set) var hasRetiring = false
  private let objective: O
  private(set) var endings: [LockstepEnding?]
  /// Whether gradients in flight and steps are kept in `joint`, and not by each member.
  private let isJoint: Bool
  private let joint: JointSteps<O>
  /// Whether each member draws its own samples, which are the same.
  private let drawsAlone: Bool

  /// - Parameter make: the member at a position.
  init(
    _ objective: O, count: Int, workerCount: Int, board: VerdictBoard,
    make: (Int) -> GradientReplay<O>
  ) {
    self.objective = objective
    self.board = board
    members = .allocate(capacity: count)
    for place in 0..<count { (members + place).initialize(to: make(place)) }
    running = .allocate(capacity: count)
    for place in 0..<count { (running + place).initialize(to: place) }
    runningCount = count
    verdicts = board.verdicts
    isDiverged = [Bool](repeating: false, count: count)
    endings = [LockstepEnding?](repeating: nil, count: count)
    drawsAlone = count > 0 && members[0].drawsAlone
    let members = self.members
    isJoint = count > 0 && members[0].isJoinable
    joint = JointSteps(
      objective, workerCount: workerCount, iterates: (0..<count).map { members[$0].x.base })
  }

  deinit {
    for turn in 0..<runningCount { (members + running[turn]).deinitialize(count: 1) }
    members.deallocate()
    running.deallocate()
    joint.deallocate()
  }

  // MARK: - Instants

  var nextInstantNs: Int64 {
    runningCount > 0 ? members[running[0]].nextInstantNs : .max
  }

  func passInstants(before timeNs: Int64, updateCount: Int, gradientCount: Int) {
    measure(updateCount)
    for turn in 0..<runningCount {
      members[running[turn]].passInstants(
        before: timeNs, updateCount: updateCount, gradientCount: gradientCount)
    }
  }

  /// Measures loss and ∇f of all that are running in one pass over the data.
  private func measure(_ updateCount: Int) {
    measure(updateCount, withGradient: wantsGradient(updateCount)) {
      $0.evaluator.lacks(updateCount, withGradient: $0.evaluator.wantsGradient(updateCount))
    }
  }

  private func measureForDivergence(_ updateCount: Int) {
    measure(updateCount, withGradient: false) { $0.isLossNeeded(updateCount) }
  }

  private func wantsGradient(_ updateCount: Int) -> Bool {
    runningCount > 0 && members[running[0]].evaluator.wantsGradient(updateCount)
  }

  private func measure(
    _ updateCount: Int, withGradient: Bool, where isWanted: (inout GradientReplay<O>) -> Bool
  ) {
    settle()
    var places: [Int] = []
    for turn in 0..<runningCount where isWanted(&members[running[turn]]) {
      places.append(running[turn])
    }
    guard !places.isEmpty else { return }
    var losses = [Double](repeating: 0, count: places.count)
    let points = places.map { UnsafePointer(members[$0].x.base) }
    let gradients = withGradient ? places.map { members[$0].evaluator.gradientPlace } : []
    objective.evaluate(at: points, losses: &losses, gradients: gradients)
    for (place, loss) in zip(places, losses) {
      members[place].evaluator.keep(
        loss: loss, updateCount: updateCount, withGradient: withGradient)
    }
  }

  // MARK: - Gradients in flight

  func start(worker: Int, gradient: Int) {
    if isJoint {
      return joint.start(worker: worker, sample: draw(worker: worker, gradient: gradient))
    }
    guard runningCount > 0 else { return }
    members[running[0]].start(worker: worker, gradient: gradient)
    guard !drawsAlone else {
      for turn in 1..<runningCount {
        members[running[turn]].start(worker: worker, gradient: gradient)
      }
      return
    }
    let drawn = members[running[0]].batch(worker: worker)
    for turn in 1..<runningCount {
      members[running[turn]].start(worker: worker, gradient: gradient, drawn: drawn)
    }
  }

  /// The sample of a gradient, which is the same for all.
  private func draw(worker: Int, gradient: Int) -> Int32 {
    var sample: Int32 = 0
    for turn in 0..<(drawsAlone ? runningCount : min(1, runningCount)) {
      sample = members[running[turn]].draw(worker: worker, gradient: gradient)
    }
    return sample
  }

  /// Takes the steps that wait. Whoever looks at the iterates calls this first.
  private func settle() {
    if isJoint {
      joint.settle()
    } else {
      for turn in 0..<runningCount { members[running[turn]].land() }
    }
  }

  func prepare(worker: Int, gradient: Int) {
    if isJoint {
      return joint.prepare(sample: draw(worker: worker, gradient: gradient))
    }
    guard runningCount > 0 else { return }
    members[running[0]].prepare(worker: worker, gradient: gradient)
    guard !drawsAlone else {
      for turn in 1..<runningCount {
        members[running[turn]].prepare(worker: worker, gradient: gradient)
      }
      return
    }
    let drawn = members[running[0]].preparedBatch
    for turn in 1..<runningCount {
      members[running[turn]].prepare(worker: worker, gradient: gradient, drawn: drawn)
    }
  }

  func adoptPrepared(worker: Int) {
    if isJoint { return joint.adoptPrepared(worker: worker) }
    for turn in 0..<runningCount { members[running[turn]].adoptPrepared(worker: worker) }
  }

  var anticipates: Bool {
    // What is kept back is foreseen anyway.
    runningCount > 0 && members[running[0]].anticipates
      && !(isJoint && objective.fetchesInParts)
  }

  /// The samples are the same for all.
  func anticipate(worker: Int, gradient: Int) {
    guard runningCount > 0 else { return }
    members[running[0]].anticipate(worker: worker, gradient: gradient)
  }

  func forget(worker: Int) {
    for turn in 0..<runningCount { members[running[turn]].forget(worker: worker) }
  }

  // MARK: - Updates

  func note(_ arrival: Arrival, updateCount: Int, verdict: Verdict) {
    let record = ArrivalRecord(arrival, fate: verdict.fate, updateCount: updateCount)
    if board.agrees.pointee {
      let (members, running, verdicts) = (self.members, self.running, self.verdicts)
      for turn in 0..<runningCount {
        let place = running[turn]
        members[place].note(record, worker: arrival.worker, verdict: verdicts[place])
      }
      return
    }
    var turn = 0
    while turn < runningCount {
      let place = running[turn]
      guard verdicts[place].hasSchedule(of: verdict) else {
        settle()
        (members + place).deinitialize(count: 1)
        remove(turn: turn)
        continue
      }
      members[place].note(record, worker: arrival.worker, verdict: verdicts[place])
      turn += 1
    }
  }

  func apply(worker: Int) {
    if isJoint { return joint.apply(worker: worker, verdicts: verdicts) }
    for turn in 0..<runningCount {
      let place = running[turn]
      members[place].apply(worker: worker, weight: verdicts[place].weight)
    }
  }

  func collect(worker: Int) {
    for turn in 0..<runningCount {
      let place = running[turn]
      members[place].collect(worker: worker, weight: verdicts[place].weight)
    }
  }

  func adoptCollected() {
    for turn in 0..<runningCount { members[running[turn]].adoptCollected() }
  }

  /// Returns true when nobody is left.
  func finishUpdate(
    _ record: HistoryRecord, gradientCount: Int, endsCollection: Bool
  ) -> Bool {
    let updateCount = record.updateCount
    let isChecked = DivergenceRule.isChecked(updateCount)
    let isChosen = runningCount > 0 && members[running[0]].evaluator.isChosen(updateCount)
    if isChecked || isChosen || Fingerprint.includesIterate(updateCount) {
      settle()
    } else if isJoint, !endsCollection {
      return runningCount == 0
    }
    if isChecked { measureForDivergence(updateCount) }
    if isChosen { measure(updateCount) }
    var left = runningCount
    for turn in 0..<runningCount {
      let place = running[turn]
      var own = record
      own.stepsize = verdicts[place].stepsize
      guard
        members[place].finishUpdate(
          own, gradientCount: gradientCount, endsCollection: endsCollection)
      else { continue }
      isDiverged[place] = true
      hasRetiring = true
      left -= 1
    }
    return left == 0
  }

  // MARK: - The end

  func retire(_ schedule: ScheduleRun) {
    hasRetiring = false
    settle()
    var turn = 0
    while turn < runningCount {
      if isDiverged[running[turn]] {
        end(running[turn], schedule)
        remove(turn: turn)
      } else {
        turn += 1
      }
    }
  }

  /// Ends those that are left when the loop has.
  func finish(_ schedule: ScheduleRun) {
    measure(schedule.updateCount)
    for turn in 0..<runningCount { end(running[turn], schedule) }
    runningCount = 0
  }

  private func end(_ place: Int, _ schedule: ScheduleRun) {
    let member = (members + place).move()
    endings[place] = LockstepEnding(schedule: schedule, result: member.finish(schedule))
  }

  private func remove(turn: Int) {
    for later in turn..<(runningCount - 1) { running[later] = running[later + 1] }
    runningCount -= 1
    joint.remove(turn: turn)
  }
}
