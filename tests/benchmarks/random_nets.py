"""Random networks of entries, by the thousand, against jax.grad: plainly, unit by unit, in NumPy and in JAX.

    python tests/benchmarks/random_nets.py [HOW_MANY] [FIRST_SEED] [xla]

Prints every net that is wrong, with its seed, as soon as it is found, and a last line with how many ran.  ``xla``
compiles the code for JAX, a second or two a net, where otherwise it is traced and worked out by NumPy.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from judged_entries import WAYS, by_xla, wrong  # noqa: E402


def main(count: str = "2000", first: str = "0", xla: str = "") -> int:
    ways = {**WAYS, "xla": by_xla} if xla else WAYS
    start, found = time.process_time(), 0
    for done, seed in enumerate(range(int(first), int(first) + int(count)), 1):
        for way, what in wrong(seed, ways).items():
            found += 1
            print(f"seed {seed}, {way}: {what}", flush=True)
        if done % 100 == 0:
            print(f"{done} nets, {found} wrong, {time.process_time() - start:.0f} s", flush=True)
    print(f"{count} nets from seed {first} in {', '.join(ways)}: {found} wrong, {time.process_time() - start:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
