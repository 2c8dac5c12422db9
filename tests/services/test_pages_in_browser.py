"""The pages in a real browser, from a real API server whose address has a path."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from ovh_sms.operators.links import report_address
from support.browser import Page, chromium
from support.sandbox import ROOT
from unit.report.report_sample import fill, large

__all__ = ["chromium"]

SENT, _ = large()


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An API server with a stored campaign; its address."""
    home = tmp_path_factory.mktemp("airflow")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/behind/airflow"
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough for HS512" * 2,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "OVH_SMS_DATA": str(home / "data"),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
    }
    fill(home / "data" / "results.sqlite").close()
    command = [sys.executable, "-m", "airflow"]
    subprocess.run([*command, "db", "migrate"], env=env, check=True, capture_output=True)
    log = home / "api-server.log"
    with log.open("w") as out:
        server = subprocess.Popen([*command, "api-server"], env=env, stdout=out, stderr=out)
    try:
        wait_for(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + 240
    while server.poll() is None and time.monotonic() < ends:
        try:
            if requests.get(f"{address}/api/v2/version", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    pytest.fail(log.read_text()[-3000:])


#: Whether a part of the page is wider than the screen and no box of its own scrolls it.
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [1400, 390])
def test_a_report_shows_its_campaign_and_fits_the_screen(airflow: str, chromium: Page, width: int) -> None:
    chromium.open(f"{airflow}/{report_address(SENT.dag_id, SENT.run_id)}", width=width)
    assert SENT.campaign in chromium.value("document.body.innerText")
    assert chromium.wait_for("document.querySelectorAll('svg').length > 0")
    assert chromium.value(TOO_WIDE) is False


def test_the_menu_of_airflow_behind_a_path_opens_the_page_of_campaigns(airflow: str, chromium: Page) -> None:
    chromium.open(f"{airflow}/plugin/sms-campaigns", width=1400)
    assert chromium.wait_for("document.querySelector('iframe')?.src") == f"{airflow}/ovh-sms/"
    # The stored campaign is of a DAG that this Airflow does not have.
    shown = chromium.wait_for(
        "document.querySelector('iframe').contentDocument?.querySelector('h1')?.parentElement.innerText"
    )
    assert "No campaign has been reported on yet." in shown


def test_an_api_server_registers_the_plugin_once(airflow: str) -> None:
    token = requests.get(f"{airflow}/auth/token", timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    found = requests.get(f"{airflow}/api/v2/plugins?limit=100", headers=headers, timeout=30).json()["plugins"]
    assert [each["name"] for each in found].count("ovh_sms") == 1
    errors = requests.get(f"{airflow}/api/v2/plugins/importErrors", headers=headers, timeout=30).json()
    assert errors["import_errors"] == []


def test_the_page_of_another_run_says_that_there_is_no_report(airflow: str) -> None:
    query = urlencode({"dag_id": SENT.dag_id, "run_id": "another"})
    page = requests.get(f"{airflow}/ovh-sms/report?{query}", timeout=30)
    assert "There is no report of this run" in page.text
