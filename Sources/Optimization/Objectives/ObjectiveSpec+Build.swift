extension ObjectiveSpec {
  /// Reads or generates the data and returns the function.
  ///
  /// - Parameter seed: of generated data, unless the generator has its own, and of a quadratic's
  ///   noise.
  /// - Throws: ``ObjectiveSpecError`` for what is written wrongly, ``DataError`` for data that cannot
  ///   be used, and what reading a file throws.
  public func build(seed: UInt64) throws -> any Objective {
    let objective =
      switch data {
      case .file(let path):
        try build(from: DataParser.read(path: path), path: path)
      case .generator(let generator):
        build(from: generator, seed: seed)
      }
    if !replacesSamples && batchSize > objective.sampleCount {
      throw ObjectiveSpecError(
        .batchTooLarge(batch: batchSize, sampleCount: objective.sampleCount), spec: description)
    }
    return objective
  }

  /// The function on data that have been read.
  ///
  /// - Parameter path: for messages.
  public func build(from data: DataSet, path: String) throws(DataError) -> any Objective {
    let features = FeatureMatrix(
      compressed: intercept ? data.rows.appendingOnes() : data.rows)
    switch kind {
    case .quadratic:
      preconditionFailure("a quadratic has no data, and parsing refuses it")
    case .leastSquares, .ridge:
      return LeastSquares(features: features, targets: data.targets, l2: l2)
    case .huber:
      return Huber(features: features, targets: data.targets, delta: delta, l2: l2)
    case .logistic:
      let labels = try signs(of: data.targets, path: path)
      return Logistic(features: features, labels: labels, l2: l2)
    case .hinge:
      let labels = try signs(of: data.targets, path: path)
      return Hinge(features: features, labels: labels, l2: l2)
    case .softmax, .mlp:
      let known = distinct(data.targets)
      guard known.count >= 2 else { throw DataError(.oneLabel(known[0]), path: path) }
      guard known.count <= classCount ?? .max else {
        throw DataError(
          .moreLabelsThanClasses(labels: known.count, classes: classCount ?? 0), path: path)
      }
      return classifier(
        features: features, labels: data.targets.map { position(of: $0, in: known) },
        classCount: classCount ?? known.count)
    }
  }

  private func build(from generator: Generator, seed: UInt64) -> any Objective {
    if kind == .quadratic {
      return QuadraticObjective(
        chain: generator.dimension, noise: generator.noise, seed: generator.seed ?? seed)
    }
    let features = generator.features(seed: seed, intercept: intercept)
    switch kind {
    case .quadratic, .leastSquares, .ridge:
      return LeastSquares(
        features: features, targets: generator.scores(of: features, count: 1, seed: seed),
        l2: l2)
    case .huber:
      return Huber(
        features: features, targets: generator.scores(of: features, count: 1, seed: seed),
        delta: delta, l2: l2)
    case .logistic, .hinge:
      let labels = generator.scores(of: features, count: 1, seed: seed)
        .map { $0 < 0 ? -1.0 : 1.0 }
      return kind == .logistic
        ? Logistic(features: features, labels: labels, l2: l2)
        : Hinge(features: features, labels: labels, l2: l2)
    case .softmax, .mlp:
      let classes = classCount ?? 10
      let scores = generator.scores(of: features, count: classes, seed: seed)
      let labels = (0..<features.rowCount).map { row in
        var best = 0
        for index in 1..<classes
        where scores[row * classes + index] > scores[row * classes + best] {
          best = index
        }
        return best
      }
      return classifier(features: features, labels: labels, classCount: classes)
    }
  }

  private func classifier(
    features: FeatureMatrix, labels: [Int], classCount: Int
  ) -> any Objective {
    kind == .softmax
      ? Softmax(features: features, labels: labels, classCount: classCount, l2: l2)
      : MultilayerPerceptron(
        features: features, labels: labels, hidden: hidden, classCount: classCount,
        activation: activation, l2: l2)
  }

  /// −1 and +1: the smaller of two labels is −1, or what `positive=` does not name.
  private func signs(of targets: [Double], path: String) throws(DataError) -> [Double] {
    let known = distinct(targets)
    guard known.count >= 2 else { throw DataError(.oneLabel(known[0]), path: path) }
    if positive.isEmpty {
      guard known.count == 2 else { throw DataError(.manyLabels(known), path: path) }
      return targets.map { $0 == known[0] ? -1 : 1 }
    }
    for label in positive where !known.contains(label) {
      throw DataError(.unknownLabel(label, known: known), path: path)
    }
    guard positive.count < known.count else { throw DataError(.allPositive, path: path) }
    return targets.map { positive.contains($0) ? 1 : -1 }
  }

  private func distinct(_ targets: [Double]) -> [Double] {
    targets.sorted().reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  private func position(of label: Double, in known: [Double]) -> Int {
    var (low, high) = (0, known.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if known[middle] < label { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
