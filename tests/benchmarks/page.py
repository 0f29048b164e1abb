"""How soon a page is of use in Chromium: python tests/benchmarks/page.py [ROUNDS] [FILE]

Of the 3-8-8-2 net, or of the exercise in FILE, in a browser of its own each time, so that nothing is compiled yet:
milliseconds from opening to the page that answers, and its longest task until it is idle; 60 invented answers, of
which a third are right, a third are those of a slip and a third are no slip's, typed one after the other, when the
page has been idle for two seconds and from 50 ms after it is loaded on, 50 ms apart: how long the first takes to be
judged, right or wrong, and laid out, the median and the worst; the same until all is said of it, with the slip that
gives it; a reload with those 60 in it; and frames a second while a slider of Explore is dragged.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import Browser

from symnet.exercises.reader import load, loads
from symnet.page.written import page

DENSE = """
title = "A 3-8-8-2 net"
learning_rate = 0.1
[network]
layers = [3, 8, 8, 2]
inputs = [[1, 2, -1]]
targets = [[1, 0]]
init = "uniform(-1, 1)"
"""
ANSWERS = 60
# A slip's value, no slip's value and the right one in turn, with four digits as on paper; the keys are in an order
# without meaning that is the same each time.
INVENT = """(() => {
  const judge = practice.judge, found = [];
  const mixed = practice.keys.map((key, i) => [(i * 7919 + 13) % 1009, key]).sort((a, b) => a[0] - b[0]);
  for (const [, key] of mixed) {
    const right = judge.rightOf(key), kind = found.length % 3;
    const isOther = (x) => Number.isFinite(x) && Math.abs(x - right) > 1e-3 * Math.abs(right);
    const slips = PAGE.slips.map((_, i) => judge.slipValue(i, key)).filter(isOther);
    if (!Number.isFinite(right) || !kind && !slips.length) continue;
    const number = [slips[(found.length * 31) % slips.length], 1.2345 * right + 0.111, right][kind];
    if (found.push([key, String(+number.toPrecision(4))]) === COUNT) break;
  }
  return found;
})()""".replace("COUNT", str(ANSWERS))
# What the page takes to judge an answer and to lay it out, and until all is said of it.
TYPED = """window.typed = async ([key, text]) => {
  const { input } = practice.rows[key], began = performance.now();
  input.focus();
  input.value = text;
  input.dispatchEvent(new Event("change"));
  document.body.getBoundingClientRect();
  const judged = performance.now() - began;
  while (practice.judging) await new Promise((done) => setTimeout(done));
  return [judged, performance.now() - began];
};
window.longest = 0;
new PerformanceObserver((all) => {
  for (const one of all.getEntries()) window.longest = Math.max(window.longest, one.duration);
}).observe({ type: "longtask", buffered: true });
"""
ALL_TYPED = """(async () => {
  window.took = [];
  for (const one of ANSWERS) {
    window.took.push(await typed(one));
    await new Promise((done) => setTimeout(done, 50));
  }
  return window.took;
})()"""
INTERACTIVE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
# As many events as frames; those of the last second count.
DRAGGED = """(async () => {
  explore.box.open = true;
  await new Promise((done) => setTimeout(done, 1500));
  const { range } = explore.sliders[PAGE.given[1][0][0]], frames = [];
  explore.box.scrollIntoView();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let i = 0; i < 90; i++) {
    range.value = Number(range.min) + (i / 90) * (range.max - range.min);
    range.dispatchEvent(new Event("input"));
    frames.push(await frame());
  }
  return 60000 / (frames[89] - frames[29]);
})()"""


@contextmanager
def opened(path: Path, before: str = "") -> Iterator[Browser]:
    """A page in a browser of its own; a script that is run before any of the page's, too."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        browser.looks()
        browser._call("Page.addScriptToEvaluateOnNewDocument", source=f"{TYPED}{before}")
        browser.open(path)
        yield browser
        browser.close()


def idle(browser: Browser) -> None:
    browser.says("new Promise((done) => setTimeout(done, 2000))")


def judged(found: dict[str, list[list[float]]], how: str, took: list[list[float]]) -> None:
    for name, times in zip(("judged", "all said"), zip(*took, strict=True), strict=True):
        found[f"{name}, {how}"].append(list(times))


def round_of(path: Path, answers: list[list[str]], found: dict[str, list[list[float]]]) -> None:
    script = ALL_TYPED.replace("ANSWERS", json.dumps(answers))
    with opened(path) as browser:
        idle(browser)
        found["interactive"].append([browser.says(INTERACTIVE)])
        found["longest task until idle"].append([browser.says("window.longest")])
        judged(found, "idle before", browser.says(script))
        browser.reload()
        idle(browser)
        found["interactive with 60 answers"].append([browser.says(INTERACTIVE)])
    with opened(path, f"addEventListener('load', () => setTimeout(() => {{ {script} }}, 50));") as browser:
        browser.until(f"window.took?.length === {len(answers)}")
        judged(found, "at once", browser.says("window.took"))
    with opened(path) as browser:
        found["frames a second"].append([browser.says(DRAGGED)])


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    exercise = load(sys.argv[2]) if len(sys.argv) > 2 else loads(DENSE, "dense.toml")
    found: dict[str, list[list[float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(page(exercise, salt="spring")[0], "utf-8")
        print(f"{path.stat().st_size / 1000:.0f} kB")
        with opened(path) as browser:
            answers = browser.says(INVENT)
        for _ in range(rounds):
            round_of(path, answers, found)
    for name, loads_ in found.items():
        if len(loads_[0]) == 1:
            each = [one for (one,) in loads_]
            print(f"{name:28} median {statistics.median(each):6.1f}  from {min(each):.1f} to {max(each):.1f}")
        else:
            firsts, every = [one[0] for one in loads_], [took for one in loads_ for took in one]
            print(
                f"{name:28} first {statistics.median(firsts):6.1f} (at most {max(firsts):.1f})  "
                f"median {statistics.median(every):.1f}  worst {max(every):.1f} ms"
            )


if __name__ == "__main__":
    main()
