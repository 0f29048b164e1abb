"""How long deriving takes, before anything is computed: python tests/benchmarks/deriving.py [--rounds N]

    first         the first net of two layers: the gradients of operations are derived once and proved once
    dense         a net of 4, 16 or 64 layers after it: its equations and those of its backward pass
    unrolled      2-64-64-1 written out unit by unit, with the backward pass
    math source   its code for plain Python, a line a unit

Each round is a process of its own, since what is derived once is remembered; time is that of the processor, after the
imports.  Figures are medians, and minima in brackets.  Timings decide nothing; they are there to be read.
"""

import argparse
import statistics
import subprocess
import sys

FIRST = "symnet.mlp([3, 2, 1], activation='tanh', loss='mean_squared_error').backward"
DENSE = f"""
{FIRST}
began = time.process_time()
symnet.mlp([16] * {{}} + [1], activation='tanh', loss='mean_squared_error').backward
"""
UNROLLED = "net = unroll(symnet.mlp([2, 64, 64, 1])); net.backward"
SOURCE = "symnet.compile(symnet.mlp([2, 64, 64, 1]), 'math').source"
PARTS = {"first": FIRST} | {f"dense, {count} layers": DENSE.format(count) for count in (4, 16, 64)}
PARTS |= {"unrolled": UNROLLED, "math source": SOURCE}
PROCESS = """
import time
import symnet
from symnet.algebra.unrolling import unroll
symnet.compile(symnet.mlp([1, 1]), 'math').source  # what is imported when it is wanted
began = time.process_time()
{}
print(time.process_time() - began)
"""


def seconds(code):
    """The processor's seconds that the code takes in a process of its own."""
    done = subprocess.run([sys.executable, "-c", PROCESS.format(code)], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for title, code in PARTS.items():
        times = [1000 * seconds(code) for _ in range(rounds)]
        print(f"{title:16}{statistics.median(times):10.1f} ms  ({min(times):.1f})", flush=True)


if __name__ == "__main__":
    main()
