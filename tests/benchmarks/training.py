"""How long training takes, against other means: python tests/benchmarks/training.py [WORKLOAD|PART ...] [--rounds N]

Workloads, in microseconds an update by symnet.fit and by peers.py, all from the same weights on the same batches:
    A    3-4-4-1 tanh, sum of squares, all 4 rows (A64: in float64)      S8   the same, linear output, mean of squares
    B    1-32-1 ReLU, batches of 32                                      C    1-512-1 ReLU, batches of 32
    D    2-100-1 ReLU, fresh batches of 100 from an iterator             E    64-64-10, digits, Adam, batches of 64
    M    784-256-128-10, Adam, batches of 256
Parts:
    job        S8 for 100,000 updates, whole processes, against PyTorch       startup   the first step, against imports
    memory     what XLA sets aside for a step, against jax.grad               compiling time by batch size and by depth

Everything is on one core with one thread, and time is that of the processor, which other jobs of the machine disturb
less; --wall takes the clock's.  Peers take turns in a new order every round; figures are medians, and minima in
brackets.  For symnet.fit they are of updates: what a call costs once (shown apart) is taken off.  A peer that ends at
another loss stops the benchmark.  Timings decide nothing; they are there to be read.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import time

# Before NumPy is imported.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import peers

import symnet
from symnet.computing.backends import named

STEPS = {  # updates timed of what is quick and of what is slow
    "A": (200_000, 10_000),
    "A64": (200_000, 10_000),
    "S8": (200_000, 10_000),
    "B": (50_000, 5_000),
    "C": (20_000, 2_000),
    "D": (10_000, 2_000),
    "E": (2_800, 560),
    "M": (96, 32),
}
PEERS = {  # name: (peer, is it quick?); symnet's own are None
    "C": (peers.c_loop, True),
    "symnet jax": (None, True),
    "jax.grad scan": (peers.jax_scan, True),
    "jax.grad steps": (peers.jax_steps, False),
    "symnet numpy": (None, False),
    "numpy by hand": (peers.numpy_by_hand, False),
    "torch": (peers.torch_eager, False),
    "python scalars": (peers.python_scalars, False),
}
RATIOS = [
    ("symnet jax", "jax.grad scan"),
    ("symnet jax", "C"),
    ("symnet numpy", "numpy by hand"),
    ("jax.grad steps", "symnet jax"),
    ("torch", "symnet jax"),
    ("python scalars", "symnet jax"),
]


class Fit:
    """symnet.fit on a workload, as a peer is: called, it gives (loss, seconds of the updates)."""

    def __init__(self, work, backend, steps):
        self.work, self.steps = work, steps
        self.few = len(work.X) // work.batch_size if work.feed == "shuffled" else 1
        self.net = network(work)
        self.how = {
            "params": work.params,
            "optimizer": (symnet.adam if work.adam else symnet.sgd)(work.rate),
            "backend": backend,
            "progress": False,
            "batch_size": work.batch_size if work.feed == "shuffled" else None,
            "seed": 0,
        }
        self.once = []  # seconds that a call takes beside its updates
        self.losses = self._fit(steps)[0].losses

    def __call__(self):
        _, least = self._fit(self.few)
        run, whole = self._fit(self.steps)
        an_update = (whole - least) / (self.steps - self.few)
        self.once.append(least - an_update * self.few)
        return float(run.losses[-1]), an_update * self.steps

    def _fit(self, steps):
        rows = (self.work.X, self.work.Y)
        if self.work.feed == "fresh":
            size = self.work.batch_size
            blocks = [tuple(part[i : i + size] for part in rows) for i in range(0, len(self.work.X), size)]
            rows = ((blocks[i % len(blocks)] for i in range(steps)),)
        began = peers.clock()
        run = symnet.fit(self.net, *rows, steps=steps, **self.how)
        return run, peers.clock() - began


def network(work):
    return symnet.mlp(work.sizes, activation=work.activation, output=work.output, loss=work.loss)


def compare(name, rounds):
    """Time the peers on a workload and print a line for each."""
    work = peers.workload(name, STEPS[name][0])
    with named("jax").precision(work.X):
        _compare(work, rounds)


def _compare(work, rounds):
    name = work.name
    quick, slow = STEPS[name]
    runs, steps = {}, {}
    for title, (peer, is_quick) in PEERS.items():
        steps[title] = {"python scalars": 20, "torch": max(8, slow // 5)}.get(title, quick if is_quick else slow)
        if title == "python scalars" and name not in ("A", "A64", "S8"):
            continue
        try:
            runs[title] = peer(work, steps[title]) if peer else Fit(work, title.split()[1], steps[title])
        except ImportError as error:
            print(f"  {title} is left out: {error.name or error} is not installed")
    times = {title: [] for title in runs}
    expected, worst = runs["symnet jax"].losses, 0.0
    for _ in range(rounds):
        for title in random.sample(list(runs), len(runs)):
            loss, seconds = runs[title]()
            times[title].append(1e6 * seconds / steps[title])
            difference = abs(loss - expected[steps[title] - 1])
            if not difference <= 0.01 * loss + 1e-9:
                raise SystemExit(f"{name}: {title} ends at the loss {loss}, symnet at {expected[steps[title] - 1]}")
            worst = max(worst, difference / (loss + 1e-9))
    middle = {title: statistics.median(measured) for title, measured in times.items()}
    print(f"{name}: {quick:,} updates; losses differ by {worst:.0e} at most")
    for title, measured in times.items():
        once = f"   and {1000 * statistics.median(runs[title].once):.1f} ms a call" if "symnet" in title else ""
        print(f"  {title:15}{middle[title]:12.3f} µs  ({min(measured):.3f}){once}")
    for over, under in RATIOS:
        if over in middle and under in middle:
            least = min(times[over]) / min(times[under])
            print(f"  {over} / {under}: {middle[over] / middle[under]:.2f} ({least:.2f})")
    print(flush=True)


# Parts.

EXAMPLES = """
X = [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]]
Y = [[1], [-1], [-1], [1]]
"""
SYMNET_JOB = f"""
import numpy as np, symnet
{EXAMPLES}
X, Y = np.array(X, np.float32), np.array(Y, np.float32)
net = symnet.mlp([3, 4, 4, 1], activation="tanh", output="linear", loss="mean_squared_error")
say = lambda progress: print(progress.step, progress.loss)
run = symnet.fit(net, X, Y, optimizer=symnet.sgd(0.01), steps=100_000, backend="jax", callbacks=[say], every=10_000)
print(run.losses[-1])
"""
TORCH_JOB = f"""
import torch
from torch import nn
{EXAMPLES}
torch.set_num_threads(1)
X, Y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32)
net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer, loss_of = torch.optim.SGD(net.parameters(), lr=0.01), nn.MSELoss()
for i in range(100_000):
    optimizer.zero_grad()
    loss = loss_of(net(X), Y)
    loss.backward()
    optimizer.step()
    if (i + 1) % 10_000 == 0:
        print(i + 1, loss.item())
print(loss.item())
"""
FIRST_STEP = """
import numpy as np, symnet
net = symnet.mlp([3, 4, 4, 1])
step = symnet.compile(net)
print(float(step(net.init(seed=0), np.ones((4, 3)), np.ones((4, 1)))[0]))
"""
IMPORTS = "import sympy, numpy; print(0)"
COMPILING = """
import sys, time
import jax, numpy as np, symnet
layers, n = int(sys.argv[1]), int(sys.argv[2])
jax.jit(lambda x: x + 1)(1.0)  # JAX starts
symnet.compile(symnet.mlp([2, 1]), backend="jax").function  # SymPy starts
began = time.process_time()
net = symnet.mlp([16] * (layers + 1))
params, X = net.init(seed=0), np.ones((n, 16))
params, X = {name: value.astype(np.float32) for name, value in params.items()}, X.astype(np.float32)
function = symnet.compile(net, backend="jax").function
derived = time.process_time()
jax.jit(function).lower(params, X, X).compile()
print(derived - began, time.process_time() - derived)
"""


def process(code, *arguments):
    """(what a Python process prints last, its seconds by the clock, those of the processor)."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    wall, after = time.perf_counter() - began, os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return done.stdout.splitlines()[-1], wall, busy


def pair(title, codes, rounds):
    """Whole processes in turn, and the ratio of their times."""
    times = [[process(code)[1:] for code in codes] for _ in range(rounds)]
    for i, clock in enumerate(("clock", "processor")):
        ours, theirs = (statistics.median(measured[i] for measured in column) for column in zip(*times, strict=True))
        print(f"{title}, by the {clock}: {ours:.2f} s and {theirs:.2f} s, ratio {ours / theirs:.3f}", flush=True)


def job(rounds):
    try:
        import torch  # noqa: F401
    except ImportError:
        print("job is left out: torch is not installed")
        return
    for name in ("torch", "jax, symnet"):
        process(f"import {name}; print(0)")  # from disk
    pair("S8, 100,000 updates, symnet against PyTorch", (SYMNET_JOB, TORCH_JOB), min(rounds, 2))


def startup(rounds):
    process(FIRST_STEP)
    pair("the first NumPy step against importing SymPy and NumPy", (FIRST_STEP, IMPORTS), rounds)


def memory(rounds):
    import jax

    for name in ("A", "B", "C", "D", "E", "M"):
        work = peers.workload(name, 1)
        functions = {
            "symnet": symnet.compile(network(work), backend="jax").function,
            "jax.grad": jax.value_and_grad(peers.forward(work)),
        }
        sizes = {}
        for title, function in functions.items():
            found = jax.jit(function).lower(work.params, *work.batch(0)).compile().memory_analysis()
            sizes[title] = found.temp_size_in_bytes, found.argument_size_in_bytes, found.output_size_in_bytes
        for what, ours, theirs in zip(("temporary", "arguments", "results"), *sizes.values(), strict=True):
            print(f"{name}, bytes of {what}: symnet {ours:,}, jax.grad {theirs:,}", flush=True)


def compiling(rounds):
    cases = [(2, n) for n in (4, 64, 1024, 16384)] + [(layers, 64) for layers in (4, 8, 16, 32)]
    for layers, n in cases:
        found = [[float(part) for part in process(COMPILING, layers, n)[0].split()] for _ in range(min(rounds, 3))]
        derived, compiled = (statistics.median(column) for column in zip(*found, strict=True))
        print(
            f"{layers} layers of 16, {n:,} rows: derived in {derived:.3f} s, compiled in {compiled:.3f} s", flush=True
        )


PARTS = {"job": job, "startup": startup, "memory": memory, "compiling": compiling}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="WORKLOAD|PART", help="all of them unless told")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--wall", action="store_true", help="time by the clock")
    chosen = parser.parse_args()
    names = chosen.names or [*STEPS, *PARTS]
    for name in names:
        if name not in STEPS and name not in PARTS:
            parser.error(f"no workload or part {name}; there are {', '.join([*STEPS, *PARTS])}")
    if chosen.wall:
        peers.clock = time.perf_counter
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before JAX is imported
    for name in names:
        PARTS[name](chosen.rounds) if name in PARTS else compare(name, chosen.rounds)


if __name__ == "__main__":
    main()
