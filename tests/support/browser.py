"""A headless Chromium with a profile of its own, steered over the DevTools protocol."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "google-chrome", "chromium-browser")
#: Without its own calls to the network: it opens the given pages and nothing else.
FLAGS = (
    "--headless",
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
SECONDS = 60


class Page:
    """One page of the browser.

    :param connection: to the page's DevTools.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)

    def call(self, method: str, **params: Any) -> Any:
        """Call the DevTools."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._connection.recv(timeout=SECONDS))).get("id") != number:
            pass  # an event
        assert "error" not in answer, answer
        return answer["result"]

    def value(self, script: str) -> Any:
        """Value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Value of an expression once it is true."""
        ends = time.monotonic() + SECONDS
        while not (value := self.value(script)):
            assert time.monotonic() < ends, f"{script} is {value!r}; {self.value('document.body.innerText')}"
            time.sleep(0.2)
        return value

    def open(self, url: str, *, width: int) -> None:
        """Open a page at a width in pixels, and wait until it is complete."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        assert not self.call("Page.navigate", url=url).get("errorText")
        self.wait_for(
            f"location.href !== 'about:blank' && document.readyState === 'complete' && {width} === innerWidth"
        )


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
