import Optimization
import TraceModel

/// What the members of a lockstep answer to the arrival of the moment, one verdict a member.
///
/// The method writes, the body reads, both on the one thread of their replay; whoever runs them keeps the
/// board until both are done.
final class VerdictBoard {
  let verdicts: UnsafeMutablePointer<Verdict>
  /// Whether all make the schedule of the first.
  let agrees: UnsafeMutablePointer<Bool>

  init(count: Int) {
    agrees = .allocate(capacity: 1)
    agrees.initialize(to: true)
    verdicts = .allocate(capacity: count)
    verdicts.initialize(
      repeating: Verdict(.discarded, stepsize: 0, weight: 0, isUpdate: false, restart: .nobody),
      count: count)
  }

  deinit {
    verdicts.deallocate()
    agrees.deallocate()
  }
}

/// One method at several stepsizes. The first stands for all in the schedule; what each answers is left
/// on the board.
///
/// Only for methods that do not look at where the iterate is: of all others the stepsize never decides who
/// arrives when.
struct LockstepMethod<M: Method>: Method, @unchecked Sendable {
  // The board is written by nobody but the one replay that owns this method: that is the proof of the
  // `@unchecked` above.

  private var methods: [M]
  private let verdicts: UnsafeMutablePointer<Verdict>
  private let agrees: UnsafeMutablePointer<Bool>

  init(_ methods: [M], board: VerdictBoard) {
    precondition(!methods.isEmpty && !M.looksAtDistance, "a lockstep of \(methods.count) \(M.self)")
    self.methods = methods
    verdicts = board.verdicts
    agrees = board.agrees
  }

  var gradientsPerUpdate: Int { methods[0].gradientsPerUpdate }
  var workersNeeded: Int { methods[0].workersNeeded }
  var collection: CollectionOrder { methods[0].collection }

  @inline(__always)
  mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    let first = methods[0].receive(arrival, updateCount: updateCount)
    verdicts[0] = first
    var agree = true
    for place in 1..<max(1, methods.count) {
      let verdict = methods[place].receive(arrival, updateCount: updateCount)
      verdicts[place] = verdict
      // Here the compiler sees what a method always answers.
      if !verdict.hasSchedule(of: first) { agree = false }
    }
    agrees.pointee = agree
    return first
  }
}

extension Verdict {
  /// Whether both make the same schedule. A stepsize so small that a rule rounds it to 0 does not: what
  /// is applied with weight 0 does not count.
  @inline(__always)
  func hasSchedule(of other: Verdict) -> Bool {
    fate == other.fate && isUpdate == other.isUpdate && restart == other.restart
      && abortsReadsBefore == other.abortsReadsBefore && (weight == 0) == (other.weight == 0)
  }
}
