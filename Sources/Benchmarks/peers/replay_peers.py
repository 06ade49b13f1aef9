"""What one would write instead: numpy and heapq, or PyTorch; nanoseconds an update.

    python3 replay_peers.py numpy-logistic D N | numpy-quadratic D | torch-mlp DTYPE

After each line on standard input one measurement is printed.
"""

import heapq
import sys
import time

import numpy as np

WORKERS = 64


def durations(rng, workers):
    return rng.integers(800_000, 1_200_000, size=(workers, 64)).tolist()


def asynchronous(workers, updates, start, apply):
    """The event loop of a researcher's notebook: the earliest worker, its gradient, a new one."""
    rng = np.random.default_rng(0)
    times = durations(rng, workers)
    heap = [(times[m][0], m) for m in range(workers)]
    heapq.heapify(heap)
    started = [1] * workers
    gradients = [start() for _ in range(workers)]
    for _ in range(updates):
        now, m = heapq.heappop(heap)
        apply(gradients[m])
        gradients[m] = start()
        heapq.heappush(heap, (now + times[m][started[m] % 64], m))
        started[m] += 1


def logistic(d, n):
    rng = np.random.default_rng(1)
    a = rng.standard_normal((n, d))
    b = np.where(rng.standard_normal(n) > 0, 1.0, -1.0)
    updates = 20_000

    def measure():
        x = np.zeros(d)
        draws = np.random.default_rng(2)

        def start():
            i = draws.integers(n)
            row = a[i]
            return (-b[i] / (1 + np.exp(b[i] * (row @ x)))) * row

        def apply(g):
            nonlocal x
            x -= 1e-3 * g

        asynchronous(WORKERS, updates, start, apply)

    return measure, updates


def quadratic(d):
    """The chain's product by slices, which is what numpy is best at; noise drawn for each gradient."""
    updates = 20_000

    def measure():
        x = np.zeros(d)
        draws = np.random.default_rng(2)

        def start():
            g = 0.5 * x
            g[1:] -= 0.25 * x[:-1]
            g[:-1] -= 0.25 * x[1:]
            g[0] += 0.25
            g += 0.01 * draws.standard_normal(d)
            return g

        def apply(g):
            nonlocal x
            x -= 0.01 * g

        asynchronous(WORKERS, updates, start, apply)

    return measure, updates


def network(dtype):
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    n, updates, workers = 10_000, 500, 16
    kind = getattr(torch, dtype)
    a = torch.randn(n, 784, dtype=kind)
    b = torch.randint(0, 10, (n,))
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 128), torch.nn.Tanh(), torch.nn.Linear(128, 10)
    ).to(kind)
    loss = torch.nn.CrossEntropyLoss()
    parameters = list(model.parameters())

    def measure():
        def start():
            i = torch.randint(0, n, (32,))
            value = loss(model(a[i]), b[i])
            return torch.autograd.grad(value, parameters)

        def apply(gradients):
            with torch.no_grad():
                for p, g in zip(parameters, gradients):
                    p.add_(g, alpha=-1e-2)

        asynchronous(workers, updates, start, apply)

    return measure, updates


def main():
    kind, *rest = sys.argv[1:]
    if kind == "numpy-logistic":
        measure, updates = logistic(int(rest[0]), int(rest[1]))
    elif kind == "numpy-quadratic":
        measure, updates = quadratic(int(rest[0]))
    else:
        measure, updates = network(rest[0])
    measure()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter_ns()
        measure()
        print((time.perf_counter_ns() - start) / updates, flush=True)


main()
