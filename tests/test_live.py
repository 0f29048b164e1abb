"""The live folder in a real browser: exercises typed and solved, wrong ones told as the command tells them, offline.

Needs Pyodide as tests/test_pyodide.py does, Node, and Chromium.
"""

import hashlib
import http.server
import io
import json
import os
import re
import shutil
import threading
import zipfile
from base64 import urlsafe_b64encode
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest
from browser import BROWSER, PACKAGES, Browser

from symnet import starts
from symnet.page.live.folder import OWN, PYODIDE, write_live
from symnet.page.live.inside import Session
from symnet.page.live.wheels import wheel

HERE = Path(__file__).parent / "pyodide"
FOLDER = PACKAGES / "pyodide"
RELU = (Path(__file__).parent.parent / "worksheets" / "relu.toml").read_text("utf-8")
IDLE = "!document.getElementById('panel').hasAttribute('aria-busy')"
SHOWN = f"{IDLE} && Boolean(document.querySelector('#panel iframe, #panel img'))"
HOSTILE = RELU.replace('title = "', 'title = "</script><img src=x onerror=alert(1)>{x} ')
in_a_browser = pytest.mark.skipif(
    BROWSER is None or shutil.which("node") is None or not FOLDER.is_dir(),
    reason="needs Chromium, Node and Pyodide: npm ci --prefix tests/pyodide",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *about):
        pass


class Served:
    """A folder on a server of this machine."""

    def __init__(self, folder):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    examples = {"relu.toml": ("a network", RELU)} | {f"{k}.toml": (k, starts.text_of(k)) for k in starts.kinds()}
    write_live(folder / "live", FOLDER, examples)
    server = Served(folder)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory, served):
    driven = Browser(tmp_path_factory.mktemp("profile"))
    driven.own += (served.address, f"blob:{served.address}")
    yield driven
    driven.close()


@pytest.fixture(scope="module")
def live(browser, served):
    browser.open(f"{served.address}live/")
    browser.until(SHOWN, 60)
    return browser


def typed(browser, text):
    """Puts another exercise into the editor, as typing does, and waits for what is said of it."""
    browser.says(
        f"(() => {{ const text = document.getElementById('text'); text.value = {json.dumps(text)};"
        "text.dispatchEvent(new Event('input')) })()"
    )
    browser.until(IDLE)
    return browser.says("document.getElementById('said').textContent")


def at(browser, tab):
    browser.says(f"document.getElementById('tab-{tab}').click()")
    if tab != "check":
        browser.until(SHOWN)


# -- the folder --------------------------------------------------------------------------------------------------------


def test_without_pyodide_the_line_that_installs_it_is_said(command, tmp_path, monkeypatch):
    monkeypatch.delenv("SYMNET_PYODIDE", raising=False)
    monkeypatch.chdir(tmp_path)
    code, out, err = command("page", "--live", "-o", "live")
    assert [code, out, err] == [3, "", f"symnet: Pyodide is not installed: npm install pyodide@{PYODIDE}\n"]
    code, _, err = command("page", "--live", "-o", "live", "--pyodide", tmp_path)
    assert [code, "has no pyodide.mjs" in err] == [2, True]
    assert json.loads((HERE / "package.json").read_text())["dependencies"]["pyodide"] == PYODIDE


def test_files_name_no_other_host_and_evaluate_nothing():
    for name in (*OWN, "live.css", "offline.js", "snapshot.mjs"):
        text = files("symnet.page.live").joinpath(name).read_text("utf-8")
        assert not re.search(r"https?://|\beval\(|new Function|innerHTML|unsafe-eval'(?<!wasm-unsafe-eval')", text), (
            name
        )


def test_wheels_are_whole_and_the_same_each_time():
    name, content = wheel("symnet")
    assert wheel("symnet") == (name, content)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        record = next(one for one in packed.namelist() if one.endswith("/RECORD"))
        lines = [line.rsplit(",", 2) for line in packed.read(record).decode().splitlines()]
        assert [one for one, _, _ in lines] == packed.namelist()
        for one, digest, size in lines[:-1]:
            part = packed.read(one)
            sha = urlsafe_b64encode(hashlib.sha256(part).digest()).rstrip(b"=").decode()
            assert [digest, int(size)] == [f"sha256={sha}", len(part)], one
    assert {"symnet/cli.py", "symnet/page/live/live.js", "symnet/starts/relu.toml"} <= {one for one, _, _ in lines}


def test_a_session_runs_commands_one_after_another(tmp_path):
    from symnet.cli import main

    session = Session(main, tmp_path / "work")
    asked = {"arguments": ["worksheet", "a.toml", "-o", "s.tex"], "files": {"a.toml": RELU}, "wanted": ["s.tex", "no"]}
    before = Path.cwd()
    try:
        told = json.loads(session.run(json.dumps(asked)))
        wrong = session.command(["solve", "b.toml"], {"b.toml": "x = "})
    finally:
        os.chdir(before)
    assert [told["code"], [*told["files"]], told["out"]] == [0, ["s.tex"], ""]
    assert [wrong["code"], wrong["err"].startswith("symnet: b.toml"), wrong["err"].count("\n")] == [2, True, 1]
    assert not (tmp_path / "work" / "a.toml").exists()


# -- in the browser ----------------------------------------------------------------------------------------------------


@in_a_browser
def test_a_first_exercise_is_solved_and_still_there_after_a_reload(browser, served):
    """How long it takes is measured in tests/benchmarks/live.py."""
    browser.open(f"{served.address}live/")
    browser.until("document.getElementById('text').value", 60)
    typed(browser, RELU.replace("w13 = 2", "w13 = 3"))
    assert browser.until_inside("document.body.textContent.includes('it was 72')")
    browser.reload()
    browser.until(SHOWN)
    assert browser.says("document.getElementById('text').value").find("w13 = 3") > 0
    assert browser.messages == []


@in_a_browser
def test_a_wrong_file_is_told_as_the_command_tells_it(live, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    at(live, "solution")
    for wrong in ("x3 = ", RELU.replace("relu(x3)", "rleu(x3)"), RELU.replace("x3 = ", "x3 := ", 1)):
        (tmp_path / "relu.toml").write_text(wrong)
        said = typed(live, wrong)
        assert f"symnet: {said}\n" == command("solve", "relu.toml")[2]
        line = re.search(r"\bline (\d+)", said)
        marked = live.says("document.querySelector('#numbers .wrong')?.textContent ?? ''")
        assert marked == (line[1] if line else "")
    assert typed(live, RELU) == ""


@in_a_browser
def test_every_view_follows_the_exercise_and_practice_works_inside(live):
    typed(live, RELU)
    at(live, "sheet")
    sheet = live.until_inside("document.body.textContent.includes('Name') && document.body.textContent")
    assert ["∂Loss" in sheet, "(10 − 0)" in sheet] == [True, False]
    at(live, "figure")
    assert live.until("document.querySelector('#panel img').naturalWidth") > 100
    at(live, "check")
    live.says("document.querySelector('.answers').value = 'y5=10\\ngrad(w13)=10'")
    live.says("document.querySelector('.check button').click()")
    said = live.until("document.querySelector('.check pre').textContent")
    assert re.search(r"y5\s+10\s+right", said)
    assert re.search(r"wrong", said)
    assert live.barriers() == []
    at(live, "practice")
    assert live.barriers() == []
    assert live.until_inside("practice.keys.length") == 19
    assert live.until_inside("window.origin") == "null"
    # A frame without an origin has no store: what is typed is kept by the page around it, beside what was before.
    store = "localStorage.getItem(`symnet-live:${location.pathname}:typed`)"
    live.says(store.replace("getItem", "removeItem"))
    live.until_inside(
        "(() => { practice.rows.x3.input.value = '5'; practice.answered('x3'); return practice.told.textContent })()"
    )
    live.until(store)
    live.reload()
    live.until(SHOWN)
    assert live.until_inside("practice.rows.x3.input.value") == "5"
    assert "1 of 19 numbers" in live.until_inside("practice.told.textContent")
    # Printed from outside, a frame is as high as what is in it.
    at(live, "solution")
    live.until_inside("document.querySelector('h1') && document.fonts.status === 'loaded'")
    inside = live.until_inside("document.documentElement.scrollHeight")
    live.until(f"parseInt(document.querySelector('#panel').style.getPropertyValue('--whole')) === {inside}")
    live.looks(800, 600, media="print")
    high, panel = live.says("['#panel iframe', '#panel'].map((one) => document.querySelector(one).offsetHeight)")
    assert [inside > 900, inside <= high, panel <= high + 3] == [True, True, True]
    live.looks()
    assert live.messages == []


@in_a_browser
def test_what_is_downloaded_is_what_the_command_writes(live, command, tmp_path, monkeypatch):
    typed(live, RELU)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relu.toml").write_text(RELU)
    command("worksheet", "relu.toml", "-o", "sheet.tex", "--key", "key.tex")
    live.says(
        "(() => { const make = URL.createObjectURL; URL.createObjectURL = (blob) => {"
        "blob.text().then((text) => window.saved = text); return make.call(URL, blob) };"
        "document.getElementById('downloads').value = 'key (.tex)'; document.getElementById('download').click() })()"
    )
    saved = live.until("window.saved")
    live.reload()
    live.until(SHOWN)
    assert (tmp_path / "key.tex").read_text("utf-8").startswith(saved.removesuffix("% made by symnet\n"))


@in_a_browser
def test_a_link_holds_the_exercise_and_its_text_stays_text(live, served):
    typed(live, HOSTILE)
    live.says("document.getElementById('link').click()")
    address = live.until("location.hash.length > 1 && location.href")
    typed(live, RELU)
    live.open("about:blank")
    live.open(address)
    live.until(SHOWN)
    assert live.says("document.getElementById('text').value") == HOSTILE
    at(live, "practice")
    assert live.until_inside("document.title.startsWith('</script><img') && Boolean(practice)")
    assert live.until_inside("1 + document.querySelectorAll('img[src=x]').length") == 1
    assert live.says("document.querySelectorAll('img[src=x]').length") == 0
    live.says("location.hash = '#AAAA'")
    assert live.says("document.getElementById('text').value") == HOSTILE
    assert live.messages == []


@in_a_browser
def test_every_start_has_a_solution(live, served):
    at(live, "solution")
    refused = []
    for number in range(1, live.says("document.getElementById('examples').options.length")):
        live.says(
            f"(() => {{ const one = document.getElementById('examples'); one.value = '{number - 1}';"
            "one.dispatchEvent(new Event('change')) })()"
        )
        live.until(IDLE, 60)
        if live.says("document.getElementById('said').classList.contains('wrong')"):
            refused.append(live.says("document.getElementById('said').textContent"))
    assert [said[:16] for said in refused] == ["Not in a browser"]  # the one that trains, with NumPy


@in_a_browser
def test_it_works_without_the_server_and_at_360_pixels(live, served):
    typed(live, RELU)
    live.until("caches.keys().then(async ([name]) => (await (await caches.open(name)).keys()).length > 15)")
    live.until("navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
    served.stop()
    live.reload()
    live.until(SHOWN, 60)
    live.looks(360, 800)
    assert live.says("document.documentElement.scrollWidth") <= 360
    live.looks()
