"""How soon the live folder is of use in Chromium: python tests/benchmarks/live.py [ROUNDS]

Seconds from opening the folder to the first exercise of one's own solved, beside Pyodide that imports SymPy and nothing
else, in turns; and from a reload to the sheet.  A browser with an empty cache each time.  Needs what
tests/test_live.py needs.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import Browser
from test_live import FOLDER, RELU, SHOWN, Served, typed

from symnet.page.live.folder import write_live

BARE = """<!DOCTYPE html><title>bare</title><link rel="icon" href="data:,"><script type="module">
const began = performance.now();
const { loadPyodide } = await import("./live/pyodide/pyodide.mjs");
const python = await loadPyodide({ indexURL: new URL("live/pyodide/", location).href });
for (const name of WHEELS)
  python.unpackArchive(await (await fetch(`live/packages/${name}`)).arrayBuffer(), "wheel");
python.runPython("import sympy");
window.took = performance.now() - began;
</script>"""


def bare(browser: Browser, address: str) -> float:
    browser.open(f"{address}bare.html")
    return browser.until("window.took", 120) / 1000


def live(browser: Browser, address: str) -> tuple[float, float]:
    began = time.monotonic()
    browser.open(f"{address}live/")
    browser.until("document.getElementById('text').value", 120)
    typed(browser, RELU.replace("w13 = 2", "w13 = 3"))
    first = time.monotonic() - began
    began = time.monotonic()
    browser.reload()
    browser.until(SHOWN, 120)
    return first, time.monotonic() - began


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[str, list[float]] = {"Pyodide and SymPy": [], "first exercise": [], "after a reload": []}
    with tempfile.TemporaryDirectory() as site:
        folder = Path(site)
        write_live(folder / "live", FOLDER, {"relu.toml": ("a network", RELU)})
        wheels = [path.name for path in (folder / "live" / "packages").iterdir() if path.name[:3] in ("sym", "mpm")]
        (folder / "bare.html").write_text(BARE.replace("WHEELS", json.dumps([w for w in wheels if "symnet" not in w])))
        server = Served(folder)
        for _ in range(rounds):
            for way in (bare, live):
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                    browser = Browser(profile)
                    took = way(browser, server.address)
                    browser.close()
                names = ["Pyodide and SymPy"] if way is bare else ["first exercise", "after a reload"]
                for name, seconds in zip(names, took if isinstance(took, tuple) else (took,), strict=True):
                    found[name].append(seconds)
        server.stop()
    alone = statistics.median(found["Pyodide and SymPy"])
    for name, all_of_them in found.items():
        middle = statistics.median(all_of_them)
        print(f"{name:20} {middle:6.2f} s  {middle / alone:5.2f} x Pyodide and SymPy")


if __name__ == "__main__":
    main()
