import Optimization
import ReplayEngine
import TraceModel

func backcast(
  _ trace: Trace, _ timings: Timings, turnaround: TurnaroundPolicy
) -> Inspection.Backcast? { nil }
