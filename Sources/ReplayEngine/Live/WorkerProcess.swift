import Foundation

/// How a worker process is started: our own program, or another one that calls ``workLive(_:_:worker:descriptor:hungUp:)``
/// with ``descriptor``.
public struct WorkerProgram: Sendable {
  /// The socket of the worker, where every program has its standard input.
  public static let descriptor: Int32 = 0

  /// Of the program.
  public var path: String
  /// What each worker is started with, without the program's own name.
  public var arguments: @Sendable (_ worker: Int) -> [String]

  public init(path: String, arguments: @escaping @Sendable (_ worker: Int) -> [String]) {
    self.path = path
    self.arguments = arguments
  }
}

/// A worker that runs as a process of its own, and the server's end of the connection to it.
///
/// It ends when the connection does, whatever it is doing: the server's death closes the connection too,
/// so that no worker outlives it. One that does not end is killed.
struct WorkerProcess {
  /// How long a worker may take to end by itself.
  private static let patienceNs: Int64 = 1_000_000_000

  let channel: LiveChannel
  private let identifier: pid_t

  /// - Throws: ``ReplayError/workerNotStarted(worker:reason:)``.
  init(_ program: WorkerProgram, worker: Int) throws(ReplayError) {
    var ends: [Int32] = [-1, -1]
    // Closed in every program that is started: a worker with another one's end would keep it alive.
    guard socketpair(AF_UNIX, streamOfBytes, 0, &ends) == 0 else {
      throw .workerNotStarted(worker: worker, reason: Self.reason(errno))
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], WorkerProgram.descriptor)
    // What it has to say is no result.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own: Control-C is for the server, which ends its workers when it is through. And
    // whatever signals this process ignores, a worker can be killed.
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let words = [program.path] + program.arguments(worker)
    let settings = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    var pointers = words.map { strdup($0) } + [nil]
    var environment = settings.map { strdup($0) } + [nil]
    defer { for pointer in pointers + environment { free(pointer) } }
    var identifier: pid_t = 0
    let result = posix_spawn(
      &identifier, program.path, &actions, &attributes, &pointers, &environment)
    close(ends[1])
    guard result == 0 else {
      close(ends[0])
      throw .workerNotStarted(worker: worker, reason: "\(program.path): \(Self.reason(result))")
    }
    channel = LiveChannel(descriptor: ends[0])
    self.identifier = identifier
  }

  /// Closes the connection and waits until the process has ended; kills it if it takes too long.
  ///
  /// - Returns: how it ended, as words: `exit code 66`, `signal 9 (Killed)`.
  @discardableResult
  func end() -> String {
    channel.hangUp()
    close(channel.descriptor)
    let startNs = steadyNs()
    var status: Int32 = 0
    while true {
      let found = waitpid(identifier, &status, WNOHANG)
      if found == identifier { return Self.words(status) }
      if found < 0, errno != EINTR { return "gone" }
      if steadyNs() - startNs > Self.patienceNs { break }
      usleep(2000)
    }
    kill(identifier, SIGKILL)
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    return Self.words(status)
  }

  /// The macros of `wait` are none in Swift: the low seven bits are the signal, the next eight the code.
  private static func words(_ status: Int32) -> String {
    let signal = status & 0x7f
    guard signal != 0 else { return "exit code \((status >> 8) & 0xff)" }
    return "signal \(signal) (\(String(cString: strsignal(signal))))"
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

private let streamOfBytes = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
