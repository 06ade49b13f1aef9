extension Schema {
  /// The usual questions, answered from any SQLite client.
  static let views1 = """
    CREATE VIEW worker_speed AS
    -- How fast each worker of each trace is. slowdown: its mean over the smallest mean of the
    -- trace. turnaround_seconds: the sum of what is known, NULL if nothing is.
    SELECT
      trace.id AS trace_id,
      trace.name AS trace_name,
      worker.worker_index,
      worker.label,
      worker.host,
      worker.trust,
      worker.gradient_count,
      worker.duration_sum_ns / 1e9 / worker.gradient_count AS mean_seconds,
      worker.duration_min_ns / 1e9 AS min_seconds,
      worker.duration_max_ns / 1e9 AS max_seconds,
      worker.gradient_count / (worker.duration_sum_ns / 1e9) AS gradients_per_second,
      (worker.duration_sum_ns * 1.0 / worker.gradient_count)
        / min(worker.duration_sum_ns * 1.0 / worker.gradient_count) OVER (PARTITION BY trace.id)
        AS slowdown,
      worker.wait_sum_ns / 1e9 AS wait_seconds,
      worker.turnaround_sum_ns / 1e9 AS turnaround_seconds
    FROM worker JOIN trace ON trace.id = worker.trace_id;

    CREATE VIEW speedup AS
    -- The effective speed-up (1/M) sum of s_max/s_m, a ratio of gradient counts at equal time
    -- with a free server; s_m is the mean duration of worker m. A trace with workers of trust
    -- 'wall-clock' hides its speeds: do not rely on it.
    SELECT
      trace_id,
      trace_name,
      count(*) AS workers,
      max(mean_seconds) AS slowest_mean_seconds,
      min(mean_seconds) AS fastest_mean_seconds,
      max(mean_seconds) * sum(1.0 / mean_seconds) / count(*) AS formula_mean,
      sum(1.0 / mean_seconds) AS async_gradients_per_second,
      count(*) / max(mean_seconds) AS minibatch_gradients_per_second,
      max(mean_seconds) * sum(1.0 / mean_seconds) AS delay_estimate,
      sum(trust = 'wall-clock') AS wall_clock_workers
    FROM worker_speed
    GROUP BY trace_id, trace_name;

    CREATE VIEW delay_summary AS
    -- The delays (1 = fresh; staleness is one less) of each replay: overall where worker_index is
    -- NULL, and per worker. Quantiles are order statistics: the smallest delay that so many do
    -- not exceed.
    WITH scope AS (
      SELECT replay_id, NULL AS worker_index, delay, sum(count) AS count
      FROM delay_count GROUP BY replay_id, delay
      UNION ALL
      SELECT replay_id, worker_index, delay, count FROM delay_count
    ),
    cumulative AS (
      SELECT replay_id, worker_index, delay, count,
        sum(count) OVER (PARTITION BY replay_id, worker_index ORDER BY delay) AS reached,
        sum(count) OVER (PARTITION BY replay_id, worker_index) AS total
      FROM scope
    )
    SELECT
      cumulative.replay_id,
      cumulative.worker_index,
      sum(count) AS updates,
      sum(delay * count) * 1.0 / sum(count) AS delay_mean,
      min(CASE WHEN reached >= 0.5 * total THEN delay END) AS delay_median,
      min(CASE WHEN reached >= 0.9 * total THEN delay END) AS delay_p90,
      min(CASE WHEN reached >= 0.99 * total THEN delay END) AS delay_p99,
      max(delay) AS delay_max,
      sum(CASE WHEN delay > trace.worker_count THEN count ELSE 0 END) * 1.0 / sum(count)
        AS share_above_workers
    FROM cumulative
    JOIN replay ON replay.id = cumulative.replay_id
    JOIN trace ON trace.id = replay.trace_id
    GROUP BY cumulative.replay_id, cumulative.worker_index;

    CREATE VIEW replay_summary AS
    -- One line a replay. Losses are NULL where they are not numbers or were not evaluated.
    SELECT
      replay.id AS replay_id,
      trace.name AS trace_name,
      objective.kind AS objective,
      replay.method,
      replay.stepsize_rule,
      replay.stepsize,
      replay.seed,
      replay.outcome,
      replay.duration_ns / 1e9 AS simulated_seconds,
      replay.update_count AS updates,
      replay.gradient_count AS gradients,
      replay.gradient_count / nullif(replay.duration_ns / 1e9, 0) AS gradients_per_second,
      replay.discarded_count AS discarded,
      replay.aborted_count AS aborted,
      (SELECT loss FROM replay_point WHERE replay_id = replay.id
        ORDER BY point_index LIMIT 1) AS initial_loss,
      (SELECT loss FROM replay_point WHERE replay_id = replay.id
        ORDER BY point_index DESC LIMIT 1) AS final_loss,
      (SELECT min(loss) FROM replay_point WHERE replay_id = replay.id) AS minimum_loss,
      delay_summary.delay_mean,
      delay_summary.delay_max,
      replay.fingerprint
    FROM replay
    JOIN trace ON trace.id = replay.trace_id
    JOIN objective ON objective.id = replay.objective_id
    LEFT JOIN delay_summary
      ON delay_summary.replay_id = replay.id AND delay_summary.worker_index IS NULL;
    """

  /// What became of the gradients of replays that kept their ledger.
  static let views2 = """
    CREATE VIEW ledger_summary AS
    -- The gradients of each worker of each replay with a ledger, by what became of them: fate is
    -- 'applied', or why it was not. Delays (1 = fresh) are NULL for gradients that never arrived.
    -- computing_seconds is the time from start to arrival or abort.
    SELECT
      gradient_ledger.replay_id,
      trace.name AS trace_name,
      replay.method,
      gradient_ledger.worker_index,
      worker.label,
      gradient_ledger.fate,
      count(*) AS gradients,
      avg(gradient_ledger.delay) AS delay_mean,
      max(gradient_ledger.delay) AS delay_max,
      sum(gradient_ledger.end_ns - gradient_ledger.start_ns) / 1e9 AS computing_seconds
    FROM gradient_ledger
    JOIN replay ON replay.id = gradient_ledger.replay_id
    JOIN trace ON trace.id = replay.trace_id
    JOIN worker ON worker.trace_id = replay.trace_id
      AND worker.worker_index = gradient_ledger.worker_index
    GROUP BY gradient_ledger.replay_id, gradient_ledger.worker_index, gradient_ledger.fate;
    """
}
