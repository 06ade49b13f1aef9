import ByteStreams
import Optimization
import ReplayEngine
import TraceFormats
import TraceModel
import TraceStore
import Workbench

/// An error as it could be thrown, with the name of its case.
struct ErrorSample {
  var name: String
  var error: any Error & CustomStringConvertible

  /// The name of an enum's case, from its value.
  static func caseName(_ value: Any) -> String {
    Mirror(reflecting: value).children.first?.label ?? "\(value)"
  }
}

/// One value of every case of every enum of errors that reaches the command line.
enum ErrorSamples {
  static let traceFormat: [ErrorSample] = {
    typealias Reason = TraceFormatError.Reason
    let ofFile: [Reason] = [
      .empty, .nothingUnpacked, .unknownFormat, .foreignFile(.json(keys: ["name", "tasks"])),
      .foreignFile(.container("a Parquet file")),
      .mixedFormats(first: "pytorch", firstPath: "run/rank0.json", second: "ray"),
      .nothingClaimed(skipped: ["run/notes.txt", "run/model.bin"]),
      .differentRanks(
        first: 0, second: 1, secondPath: "rank1.json", worldSize: 2,
        paths: ["rank0.json", "rank1.json"]), .foldersTooDeep(limit: 64),
      .noRankInName(pattern: "node-(\\d+)"), .noDataParallelGroup,
      .modelParallel(groups: ["4 of tensor_parallel"], worldSize: 8),
      .eventNeeded(found: ["forward", "backward"]),
      .tooManyIntervals(count: 16_777_216), .tooManySteps(limit: 1_048_576), .noSteps,
      .noEvent(pattern: "^bwd$", found: ["forward", "backward"]), .noSliceHas(key: "args.step"),
      .ranksOfSeveralFiles, .tooManyRankSteps(limit: 1_048_576),
      .tooManyOpenSlices(limit: 1_048_576),
      .lateNames(limit: 1_048_576), .noTicks, .noStage(7, found: ["0", "1"]),
      .tooManyTasks(limit: 1_048_576, found: ["0", "1"]), .brokenSQLite("file is not a database"),
      .notADatabase, .noTable("NVTX_EVENTS"), .noLineMatches(pattern: "took (?<duration>\\S+)"),
      .noTask(named: "train", found: ["step", "evaluate"]),
      .tooManyExecutions(limit: 1_048_576, found: ["step", "evaluate"]),
      .onlyZeroDurations(worker: "rank 3"), .noGradients, .brokenPart,
      .cutNative(missing: "gradient 17 of worker “rank 3”"),
    ]
    let ofSecondJob: [TraceFormatError.SeveralJobs] = [
      .wholeJobs("ray"), .sharedWorker("rank 3"), .rankTwice("rank 3"), .noStarts("rank 3"),
      .worldSizes(2, 8), .apart, .units, .wholeTraces,
    ]
    let ofLine: [Reason] = [
      .missingColumn(role: "worker", found: ["rank", "step_ms"]),
      .missingMappedColumn(role: "duration", name: "perf", found: ["rank", "step_ms"]),
      .columnTwice(name: "rank"), .mixedUnits, .fieldCount(expected: 3, found: 4), .notAnObject,
      .missingValue(column: "duration_ns"),
      .notANumber(column: "duration_ns", text: "fast"),
      .notFinite(column: "duration_ns", text: "NaN"),
      .notWhole(column: "step", text: "1.5"), .negative(column: "duration_ns", text: "-5"),
      .overflow(column: "start_s", text: "1e30"), .notARate(column: "rate", text: "0"),
      .endBeforeStart(startNs: 20, endNs: 10),
      .unknownWord(
        column: "trust", text: "high", known: TrustGrade.allCases.map(\.rawValue)), .emptyLabel,
      .labelTooLong(byteSize: 4096), .rankNotMapped("3"), .nativeVersion("2"),
      .brokenNative("the key “step” is not in its place"),
    ]
    let ofOption: [(Reason, String)] = [
      (.badColumns("rank"), "--columns"), (.badRankPattern("("), "--rank-regex"),
      (.badPattern("("), "--event"), (.badSliceKey("thread"), "--rank-by"),
      (.badStepKey("step"), "--step-by"), (.replicasWithoutSteps, "--replica-by"),
      (.badLinePattern("("), "--pattern"), (.patternNeeded, "--format log"),
      (.patternLacksGroups("took"), "--pattern"),
    ]
    let ofMap: [Reason] = [.badMapLine, .mappedTwice(rank: "3", first: "0", second: "1")]
    var samples = ofFile.map { TraceFormatError(reason: $0, path: "run.json") }
    samples.append(
      TraceFormatError(
        reason: .brokenJSON("the text ends inside a value"), path: "run.json", place: .byte(4096)))
    samples += ofLine.map { TraceFormatError(reason: $0, path: "lab.csv", place: .line(7)) }
    samples += ofOption.map { TraceFormatError(reason: $0.0, path: $0.1) }
    samples += ofMap.map { TraceFormatError(reason: $0, path: "ranks.map", place: .line(4)) }
    let jobs = ofSecondJob.map { evidence in
      TraceFormatError(
        reason: .severalJobs(evidence, firstPath: "runs/monday.json"), path: "runs/tuesday.json")
    }
    return samples.map { ErrorSample(name: ErrorSample.caseName($0.reason), error: $0) }
      + zip(ofSecondJob, jobs).map { ErrorSample(name: ErrorSample.caseName($0), error: $1) }
      + jobs.prefix(1).map { ErrorSample(name: ErrorSample.caseName($0.reason), error: $0) }
  }()

  static let byteStream: [ErrorSample] = {
    let reasons: [ByteStreamError.Reason] = [
      .cannotOpen(2), .cannotRead(5), .isFolder, .corrupt("incorrect data check"), .windowTooLarge,
      .lineTooLong(line: 7, byteSizeLimit: 16_777_216), .unclosedQuote(line: 7),
      .textAfterQuote(line: 7),
    ]
    return reasons.map {
      ErrorSample(
        name: ErrorSample.caseName($0), error: ByteStreamError(reason: $0, path: "lab.csv"))
    }
  }()

  static let json: [ErrorSample] = {
    let errors: [JSONError] = [
      .truncated(byte: 4096), .unexpected(found: 0x7d, expected: "a value", byte: 4096),
      .tooDeep(limit: 512, byte: 4096), .tokenTooLong(byteSizeLimit: 262_144, byte: 4096),
    ]
    // It never reaches a user alone: the reader adds file and byte.
    return errors.map {
      ErrorSample(
        name: ErrorSample.caseName($0),
        error: TraceFormatError(
          reason: .brokenJSON($0.description), path: "run.json", place: .byte($0.byte)))
    }
  }()

  static let store: [ErrorSample] = {
    let worker = WorkerLabel("rank3")
    let path = "outpace.db"
    let place = StorePlace(
      path: path, table: "timing_chunk", trace: "cluster (#1)", workerIndex: 3, chunkIndex: 0)
    let errors: [StoreError] = [
      .missing(path: path), .notADatabase(path: path), .blank(path: path),
      .foreign(path: path, applicationID: 1), .newer(path: path, version: 9, supported: 1),
      .older(path: path, version: 0, supported: 1), .busy(path: path),
      .cannotOpen(path: path, problem: "it is a folder"),
      .cannotCreate(path: path, problem: "it is a folder"),
      .cannotWrite(path: path, problem: "database or disk is full"),
      .damaged(place, problem: "the checksum does not match"), .unknownTrace("cluster"),
      .unknownReplay(7), .emptyTrace(skipped: 0), .emptyWorker(worker, skipped: 5),
      .impossibleGradient(
        worker: worker, GradientInterval(startNs: 5, durationNs: -1),
        problem: "it lasts less than no time"), .labelTooLong(prefix: "aaaa", byteSize: 4096),
      .timesTooLarge(worker: worker), .tooManySamples(worker: worker),
      .digestDiffers(
        path: "cluster.outpace.zst", found: String(repeating: "5b", count: 32),
        recorded: String(repeating: "3f", count: 32)),
      .strict(
        source: "run/",
        [
          ImportIssue(
            code: "looks-synchronous", severity: .warning, count: 20, firstPlace: "worker 0",
            meaning: "these are step times of a synchronous job")
        ]), .keptForeign(path: "outpace.db.import"),
      .keptOfAnother(path: "outpace.db.import", request: "format=csv"),
      .keptDamaged(path: "outpace.db.import", problem: "a block has another checksum"),
    ]
    return errors.map { ErrorSample(name: ErrorSample.caseName($0), error: $0) }
  }()

  static let replay: [ErrorSample] = {
    let worker = WorkerLabel("rank3")
    let errors: [ReplayError] = [
      .workerWithoutGradients(worker),
      .durationNotPositive(worker, gradient: 4, durationNs: 0), .timeOverflow(worker),
      .impossibleCount(option: "--need", value: 9, most: 8),
      .impossibleNumber(option: "beta", value: 1),
      .nothingApplied(method: "ringmaster", computedCount: 101_000),
      .stepsizeNotPositive(-1), .initialSize(count: 3, dimension: 32),
      .batchSize(-1), .samplesMissing(worker, gradient: 4),
      .sampleOutOfRange(worker, gradient: 4, index: 2000, sampleCount: 1797),
      .memory(neededBytes: 80_000_000_000, limitBytes: 16_000_000_000),
      .startedBefore(worker, gradient: 4, method: "minibatch"), .notLive(method: "rennala"),
      .noSuchWorker(option: "--slow", worker: 5, workerCount: 4),
      .workerNotStarted(worker: 2, reason: "exit code 66"),
      .workerLost(worker: 2, how: "signal 9 (Killed)", silent: 3), .stoppedEarly(worker: 3),
    ]
    let samples = errors.map { ErrorSample(name: ErrorSample.caseName($0), error: $0) }
    // A case without values describes itself by its message, and says its name to nobody.
    return samples + [
      ErrorSample(name: "noWorkers", error: ReplayError.noWorkers),
      ErrorSample(name: "noHorizon", error: ReplayError.noHorizon),
      ErrorSample(name: "resampleByClock", error: ReplayError.resampleByClock),
      ErrorSample(name: "smoothnessUnknown", error: ReplayError.smoothnessUnknown),
    ]
  }()

  static let objective: [ErrorSample] = {
    let reasons: [ObjectiveSpecError.Reason] = [
      .unknownKind("logistics", nearest: "logistic"),
      .unknownKey("l3", nearest: "l2", known: ["batch", "l2", "replace"]), .repeatedKey("l2"),
      .noValue("l2"), .badValue(key: "batch", value: "-1", expected: "full or a number from 1 on"),
      .unsuitableData("chain:d=9", kind: "logistic", expected: "a file or gaussian"), .missingPath,
      .batchTooLarge(batch: 600, sampleCount: 512),
    ]
    return reasons.map {
      ErrorSample(
        name: ErrorSample.caseName($0), error: ObjectiveSpecError($0, spec: "logistic:…"))
    }
  }()

  static let data: [ErrorSample] = {
    let ofLine: [DataError.Reason] = [
      .noLabel("cat"), .notANumber("NaN"), .notAnEntry("3=0.5"), .indexNotAscending(3),
      .indexOutOfRange("0"), .fieldCount(found: 3, expected: 4),
    ]
    let ofFile: [DataError.Reason] = [
      .truncated, .noSamples, .noFeatures, .oneLabel(1), .manyLabels([0, 1, 2]),
      .unknownLabel(7, known: [0, 1]), .allPositive, .moreLabelsThanClasses(labels: 10, classes: 2),
    ]
    let errors =
      ofLine.map { DataError($0, path: "digits.svm", line: 7) }
      + ofFile.map { DataError($0, path: "digits.svm") }
    return errors.map { ErrorSample(name: ErrorSample.caseName($0.reason), error: $0) }
  }()
}
