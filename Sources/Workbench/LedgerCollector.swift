import ReplayEngine

/// The gradients of some runs, a list a run, as their replays tell of them.
final class LedgerCollector {
  private(set) var lists: [[LedgerRecord]] = []

  /// Begins the list of the next run.
  func observer(beside other: ReplayObserver) -> ReplayObserver {
    let place = lists.count
    lists.append([])
    var observer = other
    observer.gradient = { record in
      self.lists[place].append(record)
      other.gradient?(record)
    }
    return observer
  }
}
