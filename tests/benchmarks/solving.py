"""How long symnet takes to answer: python tests/benchmarks/solving.py [RUNS]

Whole processes, the two of a pair in turn, medians and their ratio.  Timings decide nothing; they are there to be read.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

SHEETS = Path(__file__).parent.parent.parent / "worksheets"
SOLVE = [sys.executable, "-m", "symnet", "solve"]
PAIRS = {
    "the ReLU exercise, against importing SymPy": (
        [*SOLVE, str(SHEETS / "relu.toml")],
        [sys.executable, "-c", "import sympy"],
    ),
    "10,000 updates of a 2-2-2 net to 12 digits, against one": (
        [*SOLVE, str(SHEETS / "two-outputs.toml"), "--steps", "10000", "--json"],
        [*SOLVE, str(SHEETS / "two-outputs.toml"), "--json"],
    ),
}


def seconds(command):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for title, commands in PAIRS.items():
        for command in commands:
            seconds(command)  # a first run warms the disk
        times = [[seconds(command) for command in commands] for _ in range(runs)]
        ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{title}: {ours:.2f} s and {theirs:.2f} s, ratio {ours / theirs:.2f} (medians of {runs})")


if __name__ == "__main__":
    main()
