import GRDB

/// The tables of a store. The schema is an interface: people query it from `sqlite3`, Datasette and
/// DuckDB. SQL stays within SQLite 3.37 and uses no math functions.
package enum Schema {
  /// "OutP", how `file` and SQLite know the format.
  package static let applicationID: Int32 = 0x4f75_7450
  /// `user_version` of the newest schema.
  package static let version = 2
  /// The oldest version that is read without being brought up to date: later ones only added views.
  package static let oldestReadable = 1

  /// All tables of the newest schema, referenced ones before those that refer to them.
  package static let tables = [
    "trace", "worker", "timing_chunk", "import_issue", "objective", "replay", "replay_point",
    "delay_count", "gradient_ledger",
  ]

  /// Brings an empty or older database up to date, inside the caller's transaction. A released
  /// migration is never edited: a change of the schema is a new `if` below.
  package static func migrate(_ database: Database, from version: Int) throws {
    if version < 1 {
      try database.execute(sql: "PRAGMA application_id = \(applicationID)")
      try database.execute(sql: tables1)
      try database.execute(sql: views1)
      try database.execute(sql: "PRAGMA user_version = 1")
    }
    if version < 2 {
      try database.execute(sql: views2)
      try database.execute(sql: "PRAGMA user_version = 2")
    }
  }

  private static let tables1 = """
    CREATE TABLE trace (
      -- Recorded timings of workers: the input of replays. Times are nanoseconds from the trace's
      -- first start; with unit 'relative' one unit of the source is stored as one second.
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64), -- SHA-256 of the content, hex
      format TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('independent', 'synchronous')),
      unit TEXT NOT NULL CHECK (unit IN ('s', 'relative')),
      worker_count INTEGER NOT NULL CHECK (worker_count > 0),
      gradient_count INTEGER NOT NULL CHECK (gradient_count >= worker_count),
      span_ns INTEGER NOT NULL CHECK (span_ns > 0), -- first start to last end
      start_unix_ns INTEGER, -- NULL where the source had no absolute times
      imported_at TEXT NOT NULL, -- UTC, ISO 8601
      source TEXT NOT NULL, -- the paths as they were given
      options_json TEXT NOT NULL
    ) STRICT;

    CREATE TABLE worker (
      trace_id INTEGER NOT NULL REFERENCES trace (id) ON DELETE CASCADE,
      worker_index INTEGER NOT NULL CHECK (worker_index >= 0), -- place in the order of labels
      label TEXT NOT NULL,
      host TEXT, -- NULL if unknown
      trust TEXT NOT NULL CHECK (trust IN ('measured', 'separated', 'wall-clock')),
      gradient_count INTEGER NOT NULL CHECK (gradient_count > 0),
      duration_sum_ns INTEGER NOT NULL CHECK (duration_sum_ns >= duration_max_ns),
      duration_min_ns INTEGER NOT NULL CHECK (duration_min_ns > 0),
      duration_max_ns INTEGER NOT NULL CHECK (duration_max_ns >= duration_min_ns),
      wait_sum_ns INTEGER NOT NULL CHECK (wait_sum_ns >= 0),
      turnaround_sum_ns INTEGER CHECK (turnaround_sum_ns >= 0), -- NULL if none was recorded
      PRIMARY KEY (trace_id, worker_index),
      UNIQUE (trace_id, label)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE timing_chunk (
      -- 4,096 gradients of a worker (its last chunk: the rest). The payload's layout is written
      -- down in the documentation, article "Database schema".
      trace_id INTEGER NOT NULL,
      worker_index INTEGER NOT NULL,
      chunk_index INTEGER NOT NULL CHECK (chunk_index >= 0),
      gradient_count INTEGER NOT NULL CHECK (gradient_count BETWEEN 1 AND 4096),
      first_start_ns INTEGER NOT NULL CHECK (first_start_ns >= 0),
      last_end_ns INTEGER NOT NULL CHECK (last_end_ns > first_start_ns), -- the latest end
      duration_sum_ns INTEGER NOT NULL CHECK (duration_sum_ns >= duration_max_ns),
      duration_min_ns INTEGER NOT NULL CHECK (duration_min_ns > 0),
      duration_max_ns INTEGER NOT NULL CHECK (duration_max_ns >= duration_min_ns),
      payload BLOB NOT NULL,
      PRIMARY KEY (trace_id, worker_index, chunk_index),
      FOREIGN KEY (trace_id, worker_index) REFERENCES worker (trace_id, worker_index)
        ON DELETE CASCADE
    ) STRICT;

    CREATE TABLE import_issue (
      -- What was dubious in the source, kept and counted.
      trace_id INTEGER NOT NULL REFERENCES trace (id) ON DELETE CASCADE,
      severity TEXT NOT NULL CHECK (severity IN ('info', 'warning')),
      code TEXT NOT NULL,
      count INTEGER NOT NULL CHECK (count > 0),
      first_place TEXT NOT NULL,
      meaning TEXT NOT NULL, -- what it means for the result
      PRIMARY KEY (trace_id, code)
    ) STRICT;

    CREATE TABLE objective (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      parameters_json TEXT NOT NULL,
      data_digest TEXT NOT NULL, -- '' for an objective without data
      UNIQUE (kind, parameters_json, data_digest)
    ) STRICT;

    CREATE TABLE replay (
      -- One finished replay of a trace through a method.
      id INTEGER PRIMARY KEY,
      trace_id INTEGER NOT NULL REFERENCES trace (id) ON DELETE CASCADE,
      objective_id INTEGER NOT NULL REFERENCES objective (id),
      method TEXT NOT NULL,
      stepsize_rule TEXT, -- NULL for methods without one
      stepsize REAL NOT NULL,
      seed INTEGER NOT NULL, -- the 64 bits as a signed number
      request_json TEXT NOT NULL,
      request_digest TEXT NOT NULL,
      outcome TEXT NOT NULL CHECK (
        outcome IN ('completed', 'exhausted') OR outcome GLOB 'diverged([0-9]*)'),
      duration_ns INTEGER NOT NULL CHECK (duration_ns >= 0), -- simulated time
      update_count INTEGER NOT NULL CHECK (update_count >= 0),
      gradient_count INTEGER NOT NULL CHECK (gradient_count >= 0), -- applied ones
      computed_count INTEGER NOT NULL CHECK (computed_count >= 0),
      discarded_count INTEGER NOT NULL CHECK (discarded_count >= 0),
      aborted_count INTEGER NOT NULL CHECK (aborted_count >= 0),
      round_count INTEGER NOT NULL CHECK (round_count >= 0), -- 0 for methods without rounds
      utilisation REAL NOT NULL, -- computing time over worker_count times duration
      delay_identity INTEGER CHECK (delay_identity IN (0, 1)), -- NULL where it does not apply
      fingerprint TEXT, -- NULL for a schedule without gradients
      version TEXT NOT NULL, -- of the program
      wall_seconds REAL NOT NULL CHECK (wall_seconds >= 0),
      UNIQUE (trace_id, request_digest)
    ) STRICT;

    CREATE TABLE replay_point (
      replay_id INTEGER NOT NULL REFERENCES replay (id) ON DELETE CASCADE,
      point_index INTEGER NOT NULL CHECK (point_index >= 0),
      time_ns INTEGER NOT NULL CHECK (time_ns >= 0),
      update_count INTEGER NOT NULL CHECK (update_count >= 0),
      gradient_count INTEGER NOT NULL CHECK (gradient_count >= 0),
      loss REAL, -- NULL where it is not a number
      gradient_norm_squared REAL, -- likewise
      virtual_distance_squared REAL, -- NULL where it was not measured
      PRIMARY KEY (replay_id, point_index)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE delay_count (
      -- How many updates of a worker had a delay (1 = fresh).
      replay_id INTEGER NOT NULL REFERENCES replay (id) ON DELETE CASCADE,
      worker_index INTEGER NOT NULL CHECK (worker_index >= 0),
      delay INTEGER NOT NULL CHECK (delay >= 1),
      count INTEGER NOT NULL CHECK (count > 0),
      PRIMARY KEY (replay_id, worker_index, delay)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE gradient_ledger (
      -- Every gradient of a replay, on request.
      replay_id INTEGER NOT NULL REFERENCES replay (id) ON DELETE CASCADE,
      arrival_index INTEGER NOT NULL CHECK (arrival_index >= 0),
      worker_index INTEGER NOT NULL CHECK (worker_index >= 0),
      read_update INTEGER NOT NULL CHECK (read_update >= 0), -- updates made when it was started
      applied_update INTEGER CHECK (applied_update > read_update), -- NULL if never applied
      delay INTEGER CHECK (delay >= 1),
      start_ns INTEGER NOT NULL CHECK (start_ns >= 0),
      end_ns INTEGER NOT NULL CHECK (end_ns >= start_ns),
      stepsize REAL,
      fate TEXT NOT NULL, -- 'applied', or why it was not
      PRIMARY KEY (replay_id, arrival_index)
    ) STRICT, WITHOUT ROWID;
    """
}
