"""A headless chromium for tests: its DevTools protocol over a pair of pipes, with the standard library alone.

``browser`` in ``tests/conftest.py`` is the fixture: ``page = browser.page(width=390, height=800)``, ``page.open(url)``,
``page.evaluate("document.title")``, ``page.click("#next")``, ``page.press("ArrowDown")``, ``page.screenshot(path)``.
Clicks, keys and touches are those of an input device, not calls of the page's functions.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
TIMEOUT_S = 60.0
"""A machine that runs other work may be slow; nothing is concluded from how long anything takes."""

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--mute-audio", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
# The protocol's pipes are file descriptors 3 and 4 of the browser.
_START = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_KEYS = {
    "Enter": 13,
    "Tab": 9,
    "Escape": 27,
    " ": 32,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
}


def find_browser() -> str | None:
    """The path of a chromium on this machine; ``MIEN_BROWSER`` names another one."""
    return os.environ.get("MIEN_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A running chromium with a profile of its own; a context manager."""

    def __init__(self, program: str, profile: Path) -> None:
        import fcntl  # not on Windows, where the fixture would fail but all other tests run

        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Pipes may have the numbers 3 and 4 themselves: moved out of the way, so that dup2 does not cut one off.
        given = [fcntl.fcntl(number, fcntl.F_DUPFD, 10) for number in (theirs_in, theirs_out)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *map(str, given), program, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for number in (theirs_in, theirs_out, *given):
            os.close(number)
        self._buffer = b""
        self._count = 0
        self.pages: dict[str, Page] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.send("Browser.close")
            self._process.wait(10)
        except (OSError, RuntimeError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer; events that come meanwhile go to their pages."""
        self._count += 1
        number = self._count
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(TIMEOUT_S)
            if answer is None:
                raise TimeoutError(f"the browser does not answer {method}")
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def listen(self, seconds: float) -> None:
        """Take in what the browser tells for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._receive(left)

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        until = time.monotonic() + timeout_s
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return None
            part = os.read(self._in, 1 << 20)
            if not part:
                raise RuntimeError("the browser has gone")
            self._buffer += part
        line, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        page = self.pages.get(message.get("sessionId", ""))
        if page is not None and "method" in message:
            page.hear(message["method"], message["params"])
        return message

    def page(self, width: int = 1280, height: int = 900, downloads: Path | None = None, touch: bool = False) -> Page:
        """A new tab in a storage of its own: nothing is shared with other tabs.

        Args:
            width: of the view, CSS px.
            height: of the view, CSS px.
            downloads: folder for what the page downloads; refused without.
            touch: a touch screen instead of a mouse.
        """
        context = self.send("Target.createBrowserContext")["browserContextId"]
        behaviour = {"behavior": "deny"} if downloads is None else {"behavior": "allow", "downloadPath": str(downloads)}
        self.send("Browser.setDownloadBehavior", browserContextId=context, **behaviour)
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, target, (width, height), touch)


class Page:
    """One tab.

    Attributes:
        requests: addresses that it asked for.
        problems: uncaught exceptions, errors on the console and failed requests.
    """

    def __init__(self, browser: Browser, session: str, target: str, size: tuple[int, int], touch: bool) -> None:
        self._browser, self._session, self._target = browser, session, target
        self.requests: list[str] = []
        self.problems: list[str] = []
        browser.pages[session] = self
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.resize(*size, touch=touch)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol for this tab."""
        return self._browser.send(method, self._session, **parameters)

    def hear(self, method: str, event: dict[str, Any]) -> None:
        """Take an event in."""
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and event["type"] == "error":
            self.problems.append(" ".join(str(a.get("value", a.get("description"))) for a in event["args"]))
        elif method == "Log.entryAdded" and event["entry"]["level"] == "error":
            self.problems.append(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif method == "Page.javascriptDialogOpening":
            raise AssertionError(f"the page asks with a dialog: {event['message']}")

    def resize(self, width: int, height: int, *, touch: bool = False) -> None:
        """Give the view another size."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch
        )  # fmt: skip
        self.send("Emulation.setTouchEmulationEnabled", enabled=touch, maxTouchPoints=5 if touch else 1)

    def open(self, address: str | Path) -> None:
        """Go to an address, or open a file, and wait until it is loaded."""
        answer = self.send("Page.navigate", url=address.as_uri() if isinstance(address, Path) else address)
        assert not answer.get("errorText"), answer["errorText"]
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def reload(self) -> None:
        """Load the page again, as F5 does."""
        self.evaluate("window.isBeforeReload = true")
        self.send("Page.reload")
        self.wait("!window.isBeforeReload && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        until = time.monotonic() + TIMEOUT_S
        while True:
            try:
                if self.evaluate(f"Boolean({condition})"):
                    return
            except (RuntimeError, AssertionError):  # the page is on its way to the next address
                pass
            if time.monotonic() > until:
                raise AssertionError(f"never became true: {condition}; problems: {self.problems}")
            self._browser.listen(0.03)

    def place(self, selector: str) -> tuple[float, float]:
        """The middle of an element, scrolled into view, CSS px of the view."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e) return null;"
            "e.scrollIntoView({block: 'center', behavior: 'instant'}); const b = e.getBoundingClientRect();"
            "return [b.left + b.width / 2, b.top + b.height / 2, b.width * b.height]; })()"
        )
        assert box is not None, f"there is no {selector}"
        assert box[2] > 0, f"nothing is to be seen of {selector}"
        return box[0], box[1]

    def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse."""
        x, y = self.place(selector)
        self.drag([(x, y)])

    def drag(self, points: Sequence[tuple[float, float]]) -> None:
        """Press the mouse at the first point, go through the others, let go at the last."""
        self._mouse("mouseMoved", *points[0], buttons=0)
        self._mouse("mousePressed", *points[0], buttons=1)
        for x, y in points[1:]:
            self._mouse("mouseMoved", x, y, buttons=1)
        self._mouse("mouseReleased", *points[-1], buttons=0)

    def _mouse(self, kind: str, x: float, y: float, buttons: int) -> None:
        button = "none" if kind == "mouseMoved" and not buttons else "left"
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=1)

    def touch(self, points: Sequence[tuple[float, float]]) -> None:
        """Put a finger on the first point, go through the others, lift it; one point is a tap."""
        for number, (x, y) in enumerate(points):
            kind = "touchMove" if number else "touchStart"
            self.send("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key: str) -> None:
        """Press and release a key: a character, or ``Enter``, ``Tab``, ``ArrowLeft``, ..."""
        code = _KEYS.get(key, ord(key[0].upper()))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        event = {"key": key, "windowsVirtualKeyCode": code, **({"text": text} if text else {})}
        self.send("Input.dispatchKeyEvent", type="keyDown", **event)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Type characters where the focus is."""
        for character in text:
            self.press(character)

    def screenshot(self, path: Path, *, whole: bool = True) -> Path:
        """Keep what is seen as a PNG; with ``whole`` the page beyond the view, too."""
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def close(self) -> None:
        """Close the tab."""
        del self._browser.pages[self._session]
        self._browser.send("Target.closeTarget", targetId=self._target)
