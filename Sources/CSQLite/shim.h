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

// What it takes to read a table of somebody else's file. The functions are declared where they are
// called, for the same reason.

/// Opens the file of a `file:` URI for reading only. Returns SQLite's result code.
static inline int outpace_sqlite_open(const char *uri, struct sqlite3 **database) {
  int sqlite3_open_v2(const char *, struct sqlite3 **, int, const char *);
  int sqlite3_limit(struct sqlite3 *, int, int);
  int result = sqlite3_open_v2(uri, database, 0x1 | 0x40, (const char *)0);
  // No value above a megabyte: nobody's name is longer.
  if (result == 0) sqlite3_limit(*database, 0, 1 << 20);
  return result;
}

static inline void outpace_sqlite_close(struct sqlite3 *database) {
  int sqlite3_close_v2(struct sqlite3 *);
  sqlite3_close_v2(database);
}

static inline const char *outpace_sqlite_message(struct sqlite3 *database) {
  const char *sqlite3_errmsg(struct sqlite3 *);
  return sqlite3_errmsg(database);
}

struct sqlite3_stmt;

static inline int outpace_sqlite_prepare(
    struct sqlite3 *database, const char *sql, struct sqlite3_stmt **statement) {
  int sqlite3_prepare_v2(
      struct sqlite3 *, const char *, int, struct sqlite3_stmt **, const char **);
  return sqlite3_prepare_v2(database, sql, -1, statement, (const char **)0);
}

/// 100 where there is a row, 101 at the end.
static inline int outpace_sqlite_step(struct sqlite3_stmt *statement) {
  int sqlite3_step(struct sqlite3_stmt *);
  return sqlite3_step(statement);
}

static inline void outpace_sqlite_finalize(struct sqlite3_stmt *statement) {
  int sqlite3_finalize(struct sqlite3_stmt *);
  sqlite3_finalize(statement);
}

/// 1 for a whole number, 3 for text, 5 for NULL.
static inline int outpace_sqlite_type(struct sqlite3_stmt *statement, int column) {
  int sqlite3_column_type(struct sqlite3_stmt *, int);
  return sqlite3_column_type(statement, column);
}

static inline long long outpace_sqlite_integer(struct sqlite3_stmt *statement, int column) {
  long long sqlite3_column_int64(struct sqlite3_stmt *, int);
  return sqlite3_column_int64(statement, column);
}

static inline const unsigned char *outpace_sqlite_text(
    struct sqlite3_stmt *statement, int column) {
  const unsigned char *sqlite3_column_text(struct sqlite3_stmt *, int);
  return sqlite3_column_text(statement, column);
}

static inline int outpace_sqlite_byte_count(struct sqlite3_stmt *statement, int column) {
  int sqlite3_column_bytes(struct sqlite3_stmt *, int);
  return sqlite3_column_bytes(statement, column);
}

#endif
