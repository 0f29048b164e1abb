"""The pictures of pages in the README: SYMNET_PYODIDE=node_modules/pyodide python tests/make_page_pictures.py

A practice page with a wrong answer and its explorer, a walk through a convolution, and the live folder.  Needs
Chromium, Node and Pyodide.
"""

import sys
import tempfile
from pathlib import Path

from browser import Browser
from test_live import FOLDER, RELU, SHOWN, Served

from symnet.exercises.reader import load
from symnet.page.live.folder import write_live
from symnet.page.written import page

PICTURES = Path(__file__).parent.parent / "worksheets" / "pictures"
ANSWERS = {"x3": "5", "y3": "5", "x4": "-3", "y4": "-3"}


def practice(browser, folder):
    (folder / "page.html").write_text(page(load(str(PICTURES.parent / "relu.toml")), 3, "spring")[0], "utf-8")
    browser.looks(820, 620)
    browser.open(folder / "page.html")
    for key, text in ANSWERS.items():
        browser.says(f"practice.rows['{key}'].input.focus()")
        browser.type(text)
        browser.press("Enter")
    browser.says("practice.rows.y4.stuck.click(); practice.rows.x3.row.scrollIntoView(); scrollBy(0, -90)")
    browser.screen(PICTURES / "page-practice.png")
    browser.looks(820, 620, still=True)
    browser.says("explore.box.open = true")
    browser.until("explore.work && !explore.stale.size")
    browser.says("explore.run(8); explore.box.scrollIntoView()")
    browser.until("!explore.stale.size")
    browser.screen(PICTURES / "page-explore.png")


def walk(browser, folder):
    (folder / "walk.html").write_text(page(load(str(PICTURES.parent / "convolution.toml")), 0)[0], "utf-8")
    browser.looks(820, 620, still=True)
    browser.open(folder / "walk.html")
    browser.says("explore.box.open = true")
    browser.until("explore.work && !explore.stale.size")
    browser.says("explore.walk.at.get('v_Z2__1').td.click(); explore.walk.box.scrollIntoView()")
    browser.says("document.activeElement.blur()")
    browser.until("!explore.stale.size")
    browser.says("new Promise((done) => setTimeout(done, 200))")
    browser.screen(PICTURES / "page-walk.png")


def live(browser, folder):
    write_live(folder / "live", FOLDER, {"relu.toml": ("a network", RELU)})
    server = Served(folder)
    browser.looks(1240, 760)
    browser.open(f"{server.address}live/")
    browser.until(SHOWN, 60)
    browser.says("new Promise((done) => setTimeout(done, 1000))")
    browser.screen(PICTURES / "page-live.png")
    server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        driven = Browser(Path(scratch, "profile"))
        try:
            practice(driven, Path(scratch))
            walk(driven, Path(scratch))
            live(driven, Path(scratch))
        finally:
            driven.close()
    sys.stdout.write(f"four pictures in {PICTURES}\n")
