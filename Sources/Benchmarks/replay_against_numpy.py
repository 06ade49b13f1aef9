#!/usr/bin/env python3
"""Updates per second of `outpace replay` against numpy and heapq, in turn, in one run.

    python3 Sources/Benchmarks/replay_against_numpy.py [--pairs 5] [--outpace .build/release/outpace]

Asynchronous SGD on a logistic regression: M = 64 workers with seeded lognormal durations, n = 10,000
rows of d = 784 entries, one sample a gradient. The peer is what a researcher writes: a heap of
(time, worker), the iterate copied when a worker reads it, numpy for the arithmetic and the draws. Both are timed
without set-up: ours reports `wall_seconds`, which is the replay itself.
"""

import argparse
import heapq
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np

WORKERS, ROWS, DIMENSION, STEPSIZE = 64, 10_000, 784, 0.05


def write_trace(path):
    random = np.random.default_rng(1)
    durations = np.maximum(1, np.rint(1e6 * random.lognormal(0, 0.5, (WORKERS, 200)))).astype(np.int64)
    with open(path, "w") as out:
        out.write("worker,duration_ns\n")
        for worker in range(WORKERS):
            for duration in durations[worker]:
                out.write(f"{worker},{duration}\n")
    return durations


def ours(outpace, trace, updates):
    command = [
        outpace, "replay", trace, "--method", "async", "--stepsize", str(STEPSIZE), "--json", "--quiet",
        "--objective", f"logistic:gaussian:n={ROWS},d={DIMENSION}", "--updates", str(updates),
        "--evaluate-every", str(updates), "--trust", "measured",
    ]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    replay = answer["replays"][0]
    return replay["updates"] / replay["wall_seconds"]


def numpy_and_heapq(durations, rows, labels, updates):
    """As a researcher writes it: a heap of arrivals, a copy of the iterate for each worker."""
    rng = np.random.default_rng(2)
    x = np.zeros(DIMENSION)
    read = [x.copy() for _ in range(WORKERS)]
    sample = [rng.integers(ROWS) for _ in range(WORKERS)]
    entry = [0] * WORKERS
    heap = [(int(durations[m][0]), m) for m in range(WORKERS)]
    heapq.heapify(heap)
    start = time.perf_counter()
    for _ in range(updates):
        now, m = heapq.heappop(heap)
        a, b = rows[sample[m]], labels[sample[m]]
        g = -b / (1.0 + np.exp(b * (a @ read[m]))) * a
        x -= STEPSIZE * g
        read[m] = x.copy()
        sample[m] = rng.integers(ROWS)
        entry[m] += 1
        heapq.heappush(heap, (now + int(durations[m][entry[m] % len(durations[m])]), m))
    return updates / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--updates", type=int, default=1_000_000)
    parser.add_argument("--outpace", default=".build/release/outpace")
    arguments = parser.parse_args()
    random = np.random.default_rng(3)
    rows = random.standard_normal((ROWS, DIMENSION))
    labels = np.sign(random.standard_normal(ROWS))
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "workers.csv")
        durations = write_trace(trace)
        ratios = []
        for pair in range(arguments.pairs):
            mine = ours(arguments.outpace, trace, arguments.updates)
            # A fifth of the updates is enough to time the slower one.
            peer = numpy_and_heapq(durations, rows, labels, arguments.updates // 5)
            ratios.append(mine / peer)
            print(f"pair {pair + 1}: outpace {mine:,.0f}, numpy + heapq {peer:,.0f} updates/s, ratio {ratios[-1]:.2f}")
    print(f"ratio: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
