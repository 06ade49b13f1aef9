import Foundation
import Kernels
import Optimization

/// The life of a worker process: computes gradients at the iterates that come through a socket, until
/// the other end closes it.
///
/// - Parameters:
///   - objective: f, the same one as the server's.
///   - request: that of the whole run; the server has checked it.
///   - worker: which of its workers this is.
///   - descriptor: one of a pair of connected sockets.
///   - hungUp: called on a thread of its own as soon as the other end is gone, also in the middle of a
///     gradient; is expected to end the process.
/// - Throws: ``ReplayError`` before the first gradient.
public func workLive(
  _ objective: any Objective, _ request: LiveRequest, worker: Int, descriptor: Int32,
  hungUp: @escaping @Sendable () -> Void
) throws(ReplayError) {
  try work(objective, request, worker, LiveChannel(descriptor: descriptor), hungUp)
}

private func work<O: Objective>(
  _ objective: O, _ request: LiveRequest, _ worker: Int, _ channel: LiveChannel,
  _ hungUp: @escaping @Sendable () -> Void
) throws(ReplayError) {
  let computation = try LiveComputation(objective, request, worker: worker)
  let watch = Thread {
    channel.waitForHangUp()
    hungUp()
  }
  watch.start()
  let dimension = computation.y.dimension
  let iterate = UnsafeMutableRawBufferPointer(start: computation.y.base, count: 8 * dimension)
  guard
    channel.send([
      Int64(bitPattern: LiveChannel.magic), Int64(dimension), Int64(computation.valueCount),
    ])
  else { return }
  while channel.receive(iterate) {
    let delivery = computation.next { _ = channel.send([$0]) }
    guard
      channel.send([delivery.startNs, delivery.endNs, Int64(delivery.batch.count)]),
      channel.send(UnsafeRawBufferPointer(delivery.batch)),
      channel.send(
        UnsafeRawBufferPointer(start: delivery.values, count: 8 * computation.valueCount))
    else { return }
  }
}
