"""The same file into DuckDB's table, or into Python's objects with orjson.

    python3 import_peers.py duckdb FILE.csv TABLE.duckdb | orjson FILE.json
"""

import gc
import os
import sys

kind, path, *rest = sys.argv[1:]
if kind == "duckdb":
    import duckdb

    if os.path.exists(rest[0]):
        os.remove(rest[0])
    with duckdb.connect(rest[0]) as database:
        database.execute(f"SET threads = {os.cpu_count()}")
        database.execute(f"CREATE TABLE gradient AS SELECT * FROM read_csv('{path}')")
else:
    import orjson

    gc.disable()
    with open(path, "rb") as file:
        orjson.loads(file.read())
