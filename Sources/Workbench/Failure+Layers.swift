import ByteStreams
import Optimization
import ReplayEngine
import TraceFormats
import TraceStore

extension Failure {
  /// Runs `body`, turning the errors of the layers below into sentences with an exit code.
  ///
  /// Errors of nobody we know pass through unchanged: they are our mistake.
  package static func mapping<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let failure as Failure {
      throw failure
    } catch let error as TraceFormatError {
      throw Failure(code(of: error), error.description)
    } catch let error as ByteStreamError {
      throw Failure(code(of: error), error.description)
    } catch let error as StoreError {
      throw Failure(Code(rawValue: error.exitCode) ?? .failed, error.description)
    } catch let error as ReplayError {
      throw Failure(code(of: error), error.description)
    } catch let error as ObjectiveSpecError {
      throw Failure(.usage, error.description)
    } catch let error as DataError {
      throw Failure(.badData, error.description)
    }
  }

  /// Runs the import of one trace of several; its failure says how many before it were imported.
  static func notingImports<Result>(
    _ count: Int, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try mapping(body)
    } catch var failure as Failure where count > 0 {
      failure.description +=
        count == 1
        ? " The trace before it was imported and stays."
        : " The \(count) traces before it were imported and stay."
      throw failure
    }
  }

  private static func code(of error: ReplayError) -> Code {
    switch error {
    case .impossibleCount, .impossibleNumber, .noHorizon, .stepsizeNotPositive, .batchSize,
      .smoothnessUnknown, .notLive, .startedBefore, .noSuchWorker,
      .resampleByClock:
      .usage
    case .memory, .workerNotStarted, .workerLost: .failed
    case .stoppedEarly: .interrupted
    default: .badData
    }
  }

  private static func code(of error: TraceFormatError) -> Code {
    error.path.hasPrefix("--") ? .usage : .badData
  }

  private static func code(of error: ByteStreamError) -> Code {
    switch error.reason {
    case .cannotOpen, .cannotRead, .isFolder: .noInput
    default: .badData
    }
  }
}
