"""A headless Chromium with a profile of its own, steered over the DevTools protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "google-chrome", "chromium-browser")
#: Without its own calls to the network: it opens the given pages and nothing else.
FLAGS = (
    "--headless",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
SECONDS = 90.0


class PageLeftError(Exception):
    """The page was left for another one while a script ran in it."""


class Page:
    """One page of the browser.

    :param connection: to the page's DevTools.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        #: What the browser wrote on its console as an error or a breach of the page's policy, since the last ``open``.
        self.complaints: list[str] = []
        for domain in ("Log", "Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Call the DevTools."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._connection.recv(timeout=SECONDS))).get("id") != number:
            self._note(answer)
        if "navigated" in answer.get("error", {}).get("message", ""):
            raise PageLeftError(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def value(self, script: str) -> Any:
        """Value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def value_of_promise(self, script: str) -> Any:
        """Value of a promise in the page, once it is kept."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Value of an expression once it is true."""
        ends = time.monotonic() + SECONDS
        while True:
            value = None
            with suppress(PageLeftError):  # it is asked again in the next one
                if value := self.value(script):
                    return value
            assert time.monotonic() < ends, f"{script} is {value!r}; {self.value('document.body.innerText')}"
            time.sleep(0.2)

    def open(self, url: str, *, width: int) -> None:
        """Open a page at a width in pixels, and wait until it is complete."""
        self.complaints.clear()
        self.resize(width)
        assert not self.call("Page.navigate", url=url).get("errorText")
        self.wait_for(
            f"location.href !== 'about:blank' && document.readyState === 'complete' && {width} === innerWidth"
        )

    def resize(self, width: int) -> None:
        """Make the window so many pixels wide."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **screen)

    def type_into(self, selector: str, text: str) -> None:
        """Type a text into a field, as a keyboard does."""
        assert self.value(f"(e => {{ e?.focus(); e?.select?.(); return !!e }})({_element(selector)})"), selector
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click an element; a page that it leads to is waited for with ``wait_for``."""
        assert self.value(f"(e => {{ e?.click(); return !!e }})({_element(selector)})"), selector

    def follow(self, selector: str) -> None:
        """Click an element that leads to another page, and wait until that is complete."""
        self.value("window.isLeft = true")
        self.click(selector)
        self.wait_for("!window.isLeft && document.readyState === 'complete'")

    def press(self, key: str) -> None:
        """Press a key, such as ``Tab`` or ``Enter``."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_KEYS[key], **text)

    def system_theme(self, theme: str) -> None:
        """Let the system ask for ``light`` or ``dark``."""
        wish = {"name": "prefers-color-scheme", "value": theme}
        self.call("Emulation.setEmulatedMedia", features=[wish])

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Log.entryAdded":
            entry = event["params"]["entry"]
            if entry["level"] == "error":
                self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(event["params"]["exceptionDetails"])[:500])


_KEYS = {"Tab": 9, "Enter": 13}


def _element(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Page]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("Chromium is not installed: tests/services/install.sh")
    profile = tmp_path / "chromium"
    log = (tmp_path / "chromium.log").open("w")
    command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with log, subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": str(tmp_path)}) as browser:
        try:
            port = _written(profile / "DevToolsActivePort", browser).split()[0]
            with connect(_page_address(port), max_size=None, open_timeout=SECONDS) as connection:
                yield Page(connection)
        finally:
            browser.terminate()


def _written(file: Path, browser: subprocess.Popen[bytes]) -> str:
    ends = time.monotonic() + SECONDS
    while not (file.exists() and file.read_text()):
        assert browser.poll() is None, "Chromium ended at its start"
        assert time.monotonic() < ends, "Chromium did not start"
        time.sleep(0.1)
    return file.read_text()


def _page_address(port: str) -> str:
    import requests

    targets = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=SECONDS).json()
    return next(str(each["webSocketDebuggerUrl"]) for each in targets if each["type"] == "page")
