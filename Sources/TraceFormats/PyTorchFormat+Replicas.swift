import TraceModel

extension RankJoiner {
  /// Puts replicas in the place of ranks, each with the step of its slowest rank.
  func joinReplicas() throws(TraceFormatError) {
    guard let map = options.map, map != .ranks else { return }
    var replicas: [Rank] = []
    var indices: [WorkerLabel: Int] = [:]
    var replicaOfRank: [Int] = []
    for rank in ranks {
      let label = WorkerLabel(try replica(of: rank, map))
      if let known = indices[label] {
        replicas[known].hasCollectives = replicas[known].hasCollectives || rank.hasCollectives
        replicaOfRank.append(known)
        continue
      }
      indices[label] = replicas.count
      replicaOfRank.append(replicas.count)
      var replica = rank
      replica.label = label
      replicas.append(replica)
    }
    for index in steps.indices { steps[index].rank = replicaOfRank[steps[index].rank] }
    steps.sort {
      ($0.rank, $0.number, $0.repetition, $1.wallNs - $1.exposedNs, $0.startNs)
        < ($1.rank, $1.number, $1.repetition, $0.wallNs - $0.exposedNs, $1.startNs)
    }
    var kept: [Step] = []
    for step in steps {
      let last = kept.last.map { ($0.rank, $0.number, $0.repetition) } ?? (-1, 0, 0)
      if last != (step.rank, step.number, step.repetition) { kept.append(step) }
    }
    steps = kept
    ranks = replicas
  }

  private func replica(of rank: Rank, _ map: ReplicaMap) throws(TraceFormatError) -> String {
    if case .table(let table) = map {
      if let replica = table[rank.label.text] { return replica }
      throw TraceFormatError(reason: .rankNotMapped(rank.label.text), path: rank.path)
    }
    if let replica = rank.replica { return "\(replica)" }
    throw TraceFormatError(reason: .noDataParallelGroup, path: rank.path)
  }
}
