import Kernels
import Optimization

/// The server's side of a worker process: a thread that waits for its gradients, and hands them to the
/// server as a worker's thread would.
final class RemoteWorker<O: Objective, M: Method>: @unchecked Sendable {
  // Touched by the thread that runs it alone, but for what it lends to the server.
  let index: Int
  private let channel: LiveChannel
  private let server: LiveServer<O, M>
  private let y: Vector
  private let values: Vector
  private let valueCount: Int
  private let sampleCount: Int
  private let samples: UnsafeMutableBufferPointer<Int32>

  init(
    _ index: Int, _ channel: LiveChannel, _ objective: O, _ request: LiveRequest,
    _ server: LiveServer<O, M>
  ) throws(ReplayError) {
    self.index = index
    self.channel = channel
    self.server = server
    y = Vector(request.initial ?? objective.initialIterate(seed: request.seed))
    let size = try request.batches(sampleCount: objective.sampleCount).largestSize
    valueCount = objective.valuesPerGradient(batchSize: size)
    values = Vector(dimension: valueCount)
    sampleCount = objective.sampleCount
    samples = .allocate(capacity: size)
  }

  deinit {
    samples.deallocate()
  }

  func run() {
    defer { server.leave() }
    // It has to be ready before the others may begin.
    guard isReady else { return server.lose(index, wasReady: false) }
    server.enter()
    var isFirst = true
    repeat {
      guard send() else { break }
      if isFirst {
        guard let start = channel.receive(count: 1) else { break }
        server.noteFirstStart(at: start[0])
        isFirst = false
      }
      guard let delivery = receive() else { break }
      guard server.receive(delivery, of: index, handing: y) else { return }
    } while true
    server.lose(index, wasReady: true)
  }

  private var isReady: Bool {
    channel.receive(count: 3)
      == [Int64(bitPattern: LiveChannel.magic), Int64(y.dimension), Int64(valueCount)]
  }

  private func send() -> Bool {
    channel.send(UnsafeRawBufferPointer(start: y.base, count: 8 * y.dimension))
  }

  /// nil if the worker is gone, or sent what no worker of ours sends.
  private func receive() -> LiveDelivery? {
    guard let head = channel.receive(count: 3), head[2] == samples.count,
      channel.receive(UnsafeMutableRawBufferPointer(samples)),
      channel.receive(UnsafeMutableRawBufferPointer(start: values.base, count: 8 * valueCount)),
      samples.allSatisfy({ $0 >= 0 && $0 < sampleCount })
    else { return nil }
    return LiveDelivery(
      startNs: head[0], endNs: head[1], values: UnsafePointer(values.base),
      batch: UnsafeBufferPointer(samples))
  }
}
