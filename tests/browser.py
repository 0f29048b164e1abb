"""Chromium, driven through a pipe: nothing to install but the browser itself.

What npm has for tests, Pyodide and the checker axe-core: npm ci --prefix tests/pyodide.
"""

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")), None)
LONGEST = 30  # seconds
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here (apt-get install chromium)")
NAMED = os.environ.get("SYMNET_PYODIDE")
PACKAGES = Path(NAMED).parent if NAMED else Path(__file__).parent / "pyodide" / "node_modules"
AXE = PACKAGES / "axe-core" / "axe.min.js"
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32}

# What decides the contrast of each text, of one text of each kind.
_KINDS_OF_TEXT = """
(() => {
  const kinds = new Map();
  for (const part of document.querySelectorAll("body *")) {
    const written = [...part.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!written || !part.checkVisibility()) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(part);
    const kind = [color, fontSize, fontWeight, textShadow];
    for (let around = part; around; around = around.parentElement) {
      const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(around);
      kind.push(backgroundColor, backgroundImage, opacity, position);
    }
    if (!kinds.has(kind.join())) kinds.set(kind.join(), part);
  }
  window.firstOfKinds = [...kinds.values()];
  return [...kinds.keys()];
})()
"""
_BARRIERS = """
(() => {
  document.querySelectorAll("[data-new-kind]").forEach((part) => part.removeAttribute("data-new-kind"));
  NEW.forEach((i) => firstOfKinds[i].setAttribute("data-new-kind", ""));
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-new-kind]" }] });
  return axe.run(document, { iframes: false }).then(({ violations }) => violations.flatMap((one) =>
    one.nodes.map((node) => [one.id, node.html.slice(0, 200), node.failureSummary])));
})()
"""


def _high(descriptor):
    """The same end of a pipe under a number that is in nobody's way."""
    other = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 20)
    os.close(descriptor)
    return other


class Browser:
    """One page in a real browser; ``messages`` is what its console has said, refused requests and scripts included."""

    def __init__(self, folder):
        read_ours, write_theirs = map(_high, os.pipe())
        read_theirs, write_ours = map(_high, os.pipe())
        flags = (
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            f"--user-data-dir={folder}", "--remote-debugging-pipe", "about:blank",
        )  # fmt: skip
        told = f'exec "$@" 3<&{read_theirs} 4>&{write_theirs}'  # where Chromium looks for its pipe
        self._process = subprocess.Popen(
            ["bash", "-c", told, "bash", BROWSER, *flags],
            pass_fds=(read_theirs, write_theirs),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_theirs)
        os.close(write_theirs)
        self._in, self._out = os.fdopen(write_ours, "wb", 0), os.fdopen(read_ours, "rb", 0)
        self._judged = set()  # kinds of text whose contrast is known
        self._numbers, self._buffer, self.messages = itertools.count(1), b"", []
        self.asked, self.own = [], ("file:", "data:")  # addresses asked for, and the beginnings of those that may be
        os.set_blocking(self._out.fileno(), False)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = None
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def _call(self, method, **params):
        number = next(self._numbers)
        said = {"id": number, "method": method, "params": params}
        if getattr(self, "_session", None):
            said["sessionId"] = self._session
        self._in.write(json.dumps(said).encode() + b"\0")
        end = time.monotonic() + LONGEST
        while True:
            for message in self._heard():
                if message.get("id") == number:
                    assert "error" not in message, message["error"]
                    return message["result"]
                self._noted(message)
            left = end - time.monotonic()
            assert left > 0, f"{method}: no answer from the browser"
            select.select([self._out], [], [], left)

    def _heard(self):
        came = self._out.read(1 << 20)
        assert came != b"", "the browser has ended"
        self._buffer += came or b""  # None where nothing has come yet
        *whole, self._buffer = self._buffer.split(b"\0")
        return map(json.loads, whole)

    def _noted(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded":
            self.messages.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.messages.append(params["exceptionDetails"]["exception"].get("description", ""))
        elif method == "Runtime.consoleAPICalled":
            self.messages.append(str([one.get("value") for one in params["args"]]))
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
            if not self.asked[-1].startswith(self.own):
                self.messages.append(f"asks for {self.asked[-1]}")

    def open(self, path):
        """Opens a file, or an address."""
        address = path if isinstance(path, str) else path.as_uri()
        self._call("Page.navigate", url=address)
        end = time.monotonic() + LONGEST
        while self.says("document.readyState + location.href") != f"complete{address}":
            assert time.monotonic() < end, "the page does not load"
            time.sleep(0.01)

    def reload(self):
        self.says("window.old = true")
        self._call("Page.reload")
        end = time.monotonic() + LONGEST
        while self.says("window.old || document.readyState !== 'complete'"):
            assert time.monotonic() < end, "the page does not load again"
            time.sleep(0.01)

    def says(self, script):
        """The value of a script, by way of the debugger, which no policy of a page stops."""
        found = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, script, longest=LONGEST):
        """Waits until a script gives something true; gives that."""
        end = time.monotonic() + longest
        while not (found := self.says(script)):
            assert time.monotonic() < end, f"it does not come to this: {script}"
            time.sleep(0.01)
        return found

    def until_inside(self, script):
        """As ``until`` in the frame of the page, which has a process of its own where it is in a sandbox."""
        end = time.monotonic() + LONGEST
        while True:
            frames = [one for one in self._call("Target.getTargets")["targetInfos"] if one["type"] == "iframe"]
            found = frames and self._says_in(frames[-1]["targetId"], script)
            if found:
                return found
            assert time.monotonic() < end, f"in its frame it does not come to this: {script}"
            time.sleep(0.02)

    def _says_in(self, target, script):
        page = self._session
        try:
            self._session = None
            self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            return self.says(script)
        except AssertionError:  # it is just being replaced, or is not written yet
            return None
        finally:
            self._session = page

    def barriers(self):
        """What axe-core finds that keeps people out, a line each: [] where it is not installed.

        Contrast takes it longer than all else.  What decides it, colours, sizes and what lies behind, is alike in
        thousands of letters and from page to page, and is judged where it is first met.
        """
        if not AXE.is_file():
            return []
        self._call("Runtime.evaluate", expression=AXE.read_text("utf-8"))
        kinds = self.says(_KINDS_OF_TEXT)
        new = [i for i, kind in enumerate(kinds) if kind not in self._judged]
        self._judged.update(kinds)
        found = self.says(_BARRIERS.replace("NEW", json.dumps(new)))
        # It does not know that MathML is text.
        return [one for one in found if not (one[0] == "empty-table-header" and "<math" in one[1])]

    def press(self, key, shift=False):
        known = {"key": key, "code": key if key != " " else "Space", "windowsVirtualKeyCode": KEYS[key]}
        known["modifiers"] = 8 * shift
        text = {"Enter": "\r", " ": " "}.get(key)
        self._call("Input.dispatchKeyEvent", type="keyDown", **known, **({"text": text} if text else {}))
        self._call("Input.dispatchKeyEvent", type="keyUp", **known)

    def type(self, text):
        self._call("Input.insertText", text=text)

    def looks(self, width=1000, height=900, dark=False, media="", still=False):
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        features += [{"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}]
        self._call("Emulation.setEmulatedMedia", media=media, features=features)

    def without_scripts(self, off=True):
        self._call("Emulation.setScriptExecutionDisabled", value=off)

    def picture(self, path):
        found = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def screen(self, path):
        """A picture of what is on the screen, frames with processes of their own included."""
        found = self._call("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(found["data"]))

    def paper(self, path):
        path.write_bytes(base64.b64decode(self._call("Page.printToPDF")["data"]))

    def close(self):
        try:
            self._in.write(json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
            self._process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._in.close()
        self._out.close()
