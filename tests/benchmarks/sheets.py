"""How long the whole course takes to build: python tests/benchmarks/sheets.py [ENDING ...] [--rounds N]

For every format a line: the seconds to read every exercise of worksheets/ and write its sheet and key, in one process
that has imported all it needs (imports are shown apart), the slowest sheet, and the share of the time spent in SymPy,
by the profiler.  Then the 3-8-8-2 net, with its 122 gradients.  Medians of the rounds; timings decide nothing.
"""

import argparse
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from pathlib import Path

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

began = time.perf_counter()
import sympy  # noqa: E402

IMPORTING_SYMPY = time.perf_counter() - began

import symnet  # noqa: E402
from symnet.paper import formats  # noqa: E402

COURSE = sorted((Path(__file__).parents[2] / "worksheets").glob("*.toml"))
LARGE = """
learning_rate = 0.1
[network]
layers = [3, 8, 8, 2]
inputs = [[1, 2, -1]]
targets = [[1, 0]]
init = "uniform(-1, 1)"
"""


def build(source, ending, folder):
    """Seconds to read an exercise and write its sheet and key."""
    began = time.perf_counter()
    exercise = symnet.load(source) if isinstance(source, Path) else symnet.loads(source)
    exercise.worksheet().save(folder / f"sheet{ending}", key=folder / f"key{ending}")
    return time.perf_counter() - began


def share_in_sympy(ending, folder):
    """The part of the time spent in SymPy's own code and in what it calls of mpmath, of all of the course."""
    sympy.core.cache.clear_cache()
    profile = cProfile.Profile()
    profile.enable()
    for path in COURSE:
        build(path, ending, folder)
    profile.disable()
    times = pstats.Stats(profile).stats
    within = sum(own for (file, _, _), (_, _, own, _, _) in times.items() if "/sympy/" in file or "/mpmath/" in file)
    return within / sum(own for _, _, own, _, _ in times.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endings", nargs="*", metavar="ENDING", help="such as .html; all of them unless told")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{len(COURSE)} sheets and keys; importing SymPy takes {IMPORTING_SYMPY:.2f} s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for ending in arguments.endings or sorted(formats.by_ending()):
            build(COURSE[0], ending, folder)
            rounds = [{path.stem: build(path, ending, folder) for path in COURSE} for _ in range(arguments.rounds)]
            total = statistics.median(sum(times.values()) for times in rounds)
            slowest = max(rounds[0], key=lambda stem: statistics.median(times[stem] for times in rounds))
            longest = statistics.median(times[slowest] for times in rounds)
            large = statistics.median(build(LARGE, ending, folder) for _ in range(arguments.rounds))
            share = share_in_sympy(ending, folder)
            print(
                f"{ending:7} {total:6.2f} s, {1000 * total / len(COURSE):5.0f} ms a sheet, slowest {slowest} "
                f"{longest:.2f} s, in SymPy {share:.0%}; 3-8-8-2: {large:.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
