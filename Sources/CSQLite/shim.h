#ifndef OUTPACE_CSQLITE_SHIM_H
#define OUTPACE_CSQLITE_SHIM_H

// sqlite3_db_config is variadic, which Swift cannot call. Declared here rather than by including
// sqlite3.h, so that GRDBSQLite stays the one module with SQLite's names.
struct sqlite3;
int sqlite3_db_config(struct sqlite3 *, int, ...);

/// Turns SQLITE_DBCONFIG_DEFENSIVE on: no statement can reach the file's pages behind SQL's back.
/// Returns SQLite's result code.
static inline int outpace_sqlite_set_defensive(struct sqlite3 *database) {
  return sqlite3_db_config(database, 1010, 1, (int *)0);
}

#endif
