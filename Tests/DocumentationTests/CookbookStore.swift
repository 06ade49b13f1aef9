import Foundation
import GRDB
import TestSupport

/// A database as the cookbook has it before it: recorded and generated traces, one that hides its
/// speeds, and replays.
enum CookbookStore {
  static func make(in shell: Shell) throws -> DatabaseQueue {
    var steps = "worker,start_ms,duration_ms,step\n"
    for step in 0..<20 {
      for worker in 0..<4 { steps += "\(worker),\(100 * step),100,\(step)\n" }
    }
    _ = try shell.folder.write(steps, to: "ddp-steps.csv")
    let made = try shell.run(
      """
      outpace import traces/pytorch-ddp-gloo-4 traces/ray-least-squares-8/sync.json.gz \
        traces/ray-least-squares-8/async.json.gz ddp-steps.csv
      outpace generate drift --workers 2 --gradients 9000 --sigma 0 --db outpace.db
      outpace replay pytorch-ddp-gloo-4 --db outpace.db --method minibatch --method async \
        --method async:rule=scaled --method ringmaster:delay-limit=4 --stepsize 0.1 --time 2s
      outpace replay sync --db outpace.db --method minibatch --method async --stepsize 0.1 --time 300ms
      outpace replay sync --db outpace.db --method async --stepsize 0.05 --time 300ms
      outpace replay sync --db outpace.db --method ringmaster:delay-limit=16 --stepsize 0.05 \
        --time 300ms --ledger
      """)
    guard made.status == 0 else { throw Failed(errors: made.errors) }
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: shell.folder.path("outpace.db"), configuration: configuration)
  }

  struct Failed: Error {
    var errors: String
  }
}
