import Optimization

/// Work that is compiled for the type of its objective: a generic loop would look up every call in it.
protocol TypedWork {
  associatedtype Output
  func run<O: Objective>(on objective: O) throws(ReplayError) -> Output
}

/// Does the work on an objective, compiled for each of these types.
func withType<Work: TypedWork>(
  of objective: any Objective, _ work: Work
) throws(ReplayError) -> Work.Output {
  switch objective {
  case let objective as LeastSquares: try work.run(on: objective)
  case let objective as Logistic: try work.run(on: objective)
  case let objective as QuadraticObjective: try work.run(on: objective)
  case let objective as Softmax: try work.run(on: objective)
  case let objective as Huber: try work.run(on: objective)
  case let objective as Hinge: try work.run(on: objective)
  case let objective as MultilayerPerceptron: try work.run(on: objective)
  default: try work.run(on: objective)
  }
}
