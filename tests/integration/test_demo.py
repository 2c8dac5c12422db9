"""The whole way in a real Airflow: `make demo` on a shorter list, from a folder with a blank in its name."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ovh_demo import demo
from ovh_demo.local_airflow import airflow_settings
from ovh_demo.summary import COMPARED

ROWS = 1500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a demo") / "with a blank"


@pytest.fixture(scope="module")
def truths() -> dict[str, dict[str, Any]]:
    return {}


@pytest.fixture(scope="module")
def summary(folder: Path, truths: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Run the demo; keep what the sandbox itself counted, apart from the demo's own comparison."""
    compare = demo.check_against_truth

    def keep(found: dict[str, Any], sandbox: Any) -> None:
        for campaign in found["campaigns"]:
            truths[campaign["campaign"]] = sandbox.control("GET", f"/truth?tag={campaign['tag']}")
        compare(found, sandbox)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "check_against_truth", keep)
        return demo.run(folder, rows=ROWS)


def airflow(folder: Path, *arguments: str) -> str:
    env = {**os.environ, **airflow_settings(folder / "airflow", folder / "include", 1)}
    command = [sys.executable, "-m", "airflow", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_every_figure_is_the_sandboxs_own(summary: dict[str, Any], truths: dict[str, dict[str, Any]]) -> None:
    assert [campaign["campaign"] for campaign in summary["campaigns"]] == ["guide", "messy"]
    for campaign in summary["campaigns"]:
        truth = truths[campaign["campaign"]]
        assert {ours: campaign[ours] for ours in COMPARED} == {
            ours: truth[theirs] for ours, theirs in COMPARED.items()
        }
        assert truth["twice"] == 0
        assert truth["receivers"] == campaign["submitted"] == campaign["accepted"]
        assert campaign["credits_estimated"] == campaign["credits_spent"]


def test_every_row_is_accounted_for(summary: dict[str, Any], folder: Path) -> None:
    guide, messy = summary["campaigns"]
    assert (guide["rows"], guide["accepted"], guide["rejected"]) == (2, 2, {})
    assert messy["rows"] == ROWS
    assert messy["accepted"] + sum(messy["rejected"].values()) == ROWS
    assert set(messy["rejected"]) >= {"duplicate", "invalid_number", "suppressed", "spreadsheet_damage"}
    assert messy["submitted"] == messy["delivered"] + messy["failed"] + messy["pending"]
    run = folder / "airflow" / "ovh_sms_data" / "messy" / messy["tag"]
    with (run / "rejects.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.DictReader(file, delimiter=";")) == sum(messy["rejected"].values())


def test_what_is_written(summary: dict[str, Any], folder: Path) -> None:
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert summary["api_calls"] > 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "guide" in page
    assert "messy" in page
    for campaign in summary["campaigns"]:
        run = folder / "airflow" / "ovh_sms_data" / campaign["campaign"] / campaign["tag"]
        assert {"prepared.csv", "rejects.csv", "report.html", "messages.csv"} <= {
            path.name for path in run.iterdir()
        }
        assert not (run / "export.csv").exists()


def test_nothing_is_left_running(summary: dict[str, Any], folder: Path) -> None:
    left = []
    for command in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder) in command.read_text(errors="replace"):
                left.append(command.parent.name)
        except OSError:
            continue
    assert left == []


def test_airflow_found_no_fault_in_the_dags(summary: dict[str, Any], folder: Path) -> None:
    errors = airflow(folder, "dags", "list-import-errors", "-o", "json")
    assert errors.strip().splitlines()[-1] in ("[]", "No data found")
    plugins = json.loads(airflow(folder, "plugins", "-o", "json").strip().splitlines()[-1])
    assert [plugin["name"] for plugin in plugins] == ["ovh_sms"]


def test_no_number_and_no_text_reached_airflow(summary: dict[str, Any], folder: Path) -> None:
    """Neither its database (XCom, task state, rendered templates) nor its logs hold a receiver's number."""
    database = (folder / "airflow" / "airflow.db").read_bytes()
    assert b"3363998" not in database
    logs = [path for path in (folder / "airflow" / "logs").rglob("*.log") if path.is_file()]
    assert len(logs) > 10
    for path in logs:
        text = path.read_text(errors="replace")
        assert "3363998" not in text, path
        assert "sandboxSecret" not in text, path
        assert "sandboxConsumer" not in text, path
