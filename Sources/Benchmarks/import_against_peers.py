#!/usr/bin/env python3
"""Speed of `outpace import` against what else reads the same file, in turn, in one run.

    python3 Sources/Benchmarks/import_against_peers.py [--pairs 5] [--outpace .build/release/outpace]

Two files are generated: a CSV of gradients (worker, start, duration) and a profile as PyTorch writes
it. Ours sorts each worker, checks every row and stores the trace; DuckDB's `read_csv` fills a table, on
one thread and on two; `sqlite3 .import` fills one; orjson parses the profile into objects and does nothing
with them. Times are those of whole processes, processor seconds beside them; a peer that is not
installed is skipped.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

WORKERS = 64
DUCKDB = """
import duckdb, sys
connection = duckdb.connect(sys.argv[2])
connection.execute("SET threads TO " + sys.argv[3])
connection.execute("CREATE TABLE gradient AS SELECT * FROM read_csv(?)", [sys.argv[1]])
connection.close()
"""
ORJSON = """
import gc, orjson, sys
gc.disable()
print(len(orjson.loads(open(sys.argv[1], "rb").read())["traceEvents"]))
"""


def write_csv(path, rows):
    random.seed(1)
    starts = [0] * WORKERS
    with open(path, "w") as out:
        out.write("worker,start_ns,duration_ns\n")
        for row in range(rows):
            worker = row % WORKERS
            duration = 1_000_000 + random.randrange(400_000)
            out.write(f"{worker},{starts[worker]},{duration}\n")
            starts[worker] += duration


def write_profile(path, megabytes):
    random.seed(2)
    kernel = "void at::native::vectorized_elementwise_kernel<4, at::native::MulFunctor<float> >(int)"
    size = 0
    with open(path, "w") as out:
        size += out.write(
            '{"schemaVersion":1,"distributedInfo":{"backend":"nccl","rank":0,"world_size":1},"traceEvents":[\n')
        step = 0
        while size < megabytes * 1_000_000:
            begin = step * 10_000
            size += out.write(json.dumps({
                "ph": "X", "cat": "user_annotation", "name": f"ProfilerStep#{step}", "pid": 1, "tid": 1,
                "ts": begin, "dur": 9000.5}) + ",\n")
            for index in range(1500):
                start = begin + 6 * index + random.randrange(1000) / 1000
                event = {"ph": "X", "cat": "kernel", "name": kernel, "pid": 0, "tid": 7} if index % 3 else {
                    "ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 1, "tid": 1}
                event |= {"ts": start, "dur": 5.5, "args": {
                    "External id": index, "device": 0, "stream": 7, "grid": [64, 1, 1], "block": [128, 1, 1]}}
                size += out.write(json.dumps(event) + ",\n")
            step += 1
        out.write('{"ph": "M", "name": "process_name"}]}\n')


def timed(command, **options):
    """Wall and processor seconds of a process, both with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def has_module(name):
    code = f"import {name}"
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def peers(folder, csv, profile):
    """Name, file and command of each peer that is here."""
    database = os.path.join(folder, "peer.db")
    found = []
    if has_module("duckdb"):
        for threads in ("1", "2"):
            found.append((f"DuckDB read_csv, {threads} threads", csv,
                          [sys.executable, "-c", DUCKDB, csv, database, threads]))
    else:
        print("skipped DuckDB: pip install duckdb")
    if shutil.which("sqlite3"):
        found.append(("sqlite3 .import", csv,
                      ["sqlite3", database, "-cmd", ".mode csv", f".import {csv} gradient"]))
    else:
        print("skipped sqlite3: its command line is not installed")
    if has_module("orjson"):
        found.append(("orjson.loads", profile, [sys.executable, "-c", ORJSON, profile]))
    else:
        print("skipped orjson: pip install orjson")
    return database, found


def clean(path):
    for suffix in ("", "-journal", ".wal"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--outpace", default=".build/release/outpace")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        csv, profile = os.path.join(folder, "rows.csv"), os.path.join(folder, "rank0.json")
        write_csv(csv, arguments.rows)
        write_profile(profile, arguments.megabytes)
        subprocess.run(["gzip", "-1", "-k", profile], check=True)
        store = os.path.join(folder, "ours.db")
        database, others = peers(folder, csv, profile)

        def ours(path):
            clean(store)
            return timed([arguments.outpace, "import", path, "--db", store, "--quiet"])

        for path, unit, amount in (
            (csv, "million rows/s", arguments.rows / 1e6),
            (profile, "GB/s", os.path.getsize(profile) / 1e9),
            (profile + ".gz", "GB/s unpacked", os.path.getsize(profile) / 1e9),
        ):
            times = [ours(path) for _ in range(arguments.pairs)]
            print(f"{os.path.basename(path)}: {spread([amount / wall for wall, _ in times])} {unit},"
                  f" {spread([amount / cpu for _, cpu in times])} a core")
        ours(csv)
        print(f"stored: {os.path.getsize(store) / arguments.rows:.2f} bytes a gradient")
        for name, path, command in others:
            ratios, core_ratios, walls = [], [], []
            for _ in range(arguments.pairs):
                mine = ours(path)
                clean(database)
                theirs = timed(command)
                walls.append(theirs[0])
                ratios.append(theirs[0] / mine[0])
                core_ratios.append(theirs[1] / mine[1])
            print(f"{name}: {spread(walls)} s; outpace is {spread(ratios)} times as fast,"
                  f" by processor time {spread(core_ratios)}")


if __name__ == "__main__":
    main()
