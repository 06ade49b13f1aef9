#!/usr/bin/env python3
"""Updates per second of `outpace replay` against numpy and heapq, in turn, in one run.

    python3 Sources/Benchmarks/replay_against_numpy.py [--pairs 5] [--outpace .build/release/outpace]

Asynchronous SGD on a logistic regression: M = 64 workers with seeded lognormal durations, n = 10,000
rows of d = 784 entries, one sample a gradient. The peer is what a researcher writes: a heap of
(time, worker), the iterate copied when a worker reads it, numpy for the arithmetic. Both are timed
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
    x = np.zeros(DIMENSION)
    random = np.random.default_rng(2)
    samples = random.integers(0, ROWS, updates + WORKERS)
    taken = WORKERS
    heap = [(int(durations[m][0]), m) for m in range(WORKERS)]
    heapq.heapify(heap)
    read = [x.copy() for _ in range(WORKERS)]
    sample = [int(samples[m]) for m in range(WORKERS)]
    entry = [0] * WORKERS
    start = time.perf_counter()
    for _ in range(updates):
        now, m = heap[0]
        a, b = rows[sample[m]], labels[sample[m]]
        c = -b / (1.0 + np.exp(b * a.dot(read[m])))
        x -= (STEPSIZE * c) * a
        read[m][:] = x
        sample[m] = int(samples[taken])
        taken += 1
        entry[m] += 1
        heapq.heapreplace(heap, (now + int(durations[m][entry[m] % 200]), m))
    return updates / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--updates", type=int, default=200_000)
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
            peer = numpy_and_heapq(durations, rows, labels, arguments.updates)
            ratios.append(mine / peer)
            print(f"pair {pair + 1}: outpace {mine:,.0f}, numpy + heapq {peer:,.0f} updates/s, ratio {ratios[-1]:.2f}")
    print(f"ratio: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
