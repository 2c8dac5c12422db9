"""The whole way in a real Airflow: `make demo` on a shorter list, from a folder with a blank in its name."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography.fernet import Fernet

from ovh_demo import demo
from ovh_demo.lists import TOWNS, WRITTEN
from ovh_demo.local_airflow import POOL, POOL_SLOTS, ROOT, airflow_settings
from ovh_demo.processes import mentioning
from ovh_demo.sheet import REJECTED
from ovh_demo.sheet import ROWS as SHEET_ROWS
from ovh_demo.summary import COMPARED
from ovh_demo.untidy_rows import HEAD, WIDTH, examples
from ovh_sms.messaging.reject_reasons import RejectReason

ROWS = 1500
#: Of a test that waits for the demo.
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a demo") / "with a blank"


@pytest.fixture(scope="module")
def truths() -> dict[str, dict[str, Any]]:
    return {}


@pytest.fixture(scope="module")
def summary(folder: Path, truths: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Run the demo; keep what the sandbox itself counted, apart from the demo's comparison."""
    compare = demo.check_against_truth

    def keep(found: dict[str, Any], sandbox: Any) -> None:
        for campaign in found["campaigns"]:
            found_out = [sandbox.control("GET", f"/truth?tag={tag}") for tag in campaign["tags"]]
            truth = {name: sum(each[name] for each in found_out) for name in (*COMPARED.values(), "twice")}
            messages = [each for tag in campaign["tags"] for each in sandbox.lines(f"/truth/messages?tag={tag}")]
            people = {each["receiver"] for each in messages}
            truths[campaign["campaign"]] = {**truth, "people": len(people), "messages": len(messages)}
        compare(found, sandbox)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "check_against_truth", keep)
        return demo.run(folder, rows=ROWS)


def run_folder(folder: Path, campaign: str) -> Path:
    (run,) = (folder / "airflow" / "ovh_sms_data" / campaign).iterdir()
    (preparation,) = run.iterdir()
    return preparation


def airflow(folder: Path, *arguments: str) -> str:
    env = {**os.environ, **airflow_settings(folder / "airflow", folder / "include", 1)}
    command = [sys.executable, "-m", "airflow", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_every_figure_is_the_sandboxs_own(summary: dict[str, Any], truths: dict[str, dict[str, Any]]) -> None:
    assert [campaign["campaign"] for campaign in summary["campaigns"]] == ["guide", "messy", "sheet"]
    for campaign in summary["campaigns"]:
        truth = truths[campaign["campaign"]]
        assert {ours: campaign[ours] for ours in COMPARED} == {ours: truth[theirs] for ours, theirs in COMPARED.items()}
        assert truth["twice"] == 0
        assert truth["people"] == truth["messages"] == campaign["submitted"] == campaign["accepted"]
        assert campaign["credits_estimated"] == campaign["credits_spent"]


def test_a_long_list_is_sent_in_batches_each_once(summary: dict[str, Any]) -> None:
    guide, messy, sheet = summary["campaigns"]
    assert len(guide["tags"]) == len(sheet["tags"]) == 1
    assert len(messy["tags"]) == len(set(messy["tags"])) == 2


def test_every_row_is_accounted_for(summary: dict[str, Any], folder: Path) -> None:
    guide, messy, sheet = summary["campaigns"]
    assert (guide["rows"], guide["accepted"], guide["rejected"]) == (2, 2, {})
    assert messy["rows"] == ROWS
    assert messy["accepted"] + sum(messy["rejected"].values()) == ROWS
    assert set(messy["rejected"]) == {
        *("broken_row", "split_row", "quoted_line", "lost_separator", "line_break", "misread_text", "not_gsm7"),
        *("no_number", "invalid_number", "spreadsheet_damage", "suppressed", "duplicate"),
    }
    assert (sheet["rows"], sheet["rejected"]) == (len(SHEET_ROWS), REJECTED)
    assert messy["submitted"] == messy["delivered"] + messy["failed"] + messy["pending"]
    run = run_folder(folder, "messy")
    with (run / "rejects.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.DictReader(file, delimiter=";")) == sum(messy["rejected"].values())


def test_what_is_written(summary: dict[str, Any], folder: Path) -> None:
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert summary["api_calls"] > 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "guide" in page
    assert "messy" in page
    files = {"prepared.csv", "report.html", "messages.csv", "messages.parquet", "failed.csv", "figures.json"}
    guide = {path.name for path in run_folder(folder, "guide").iterdir()}
    assert guide >= {*files, "prepared.json", "rejects.csv"}
    messy = run_folder(folder, "messy")
    assert {path.name for path in messy.iterdir()} >= {
        "prepared.json",
        "rejects.csv",
        "report.html",
        "batch_0001",
        "batch_0002",
    }
    for batch in messy.glob("batch_*"):
        assert {path.name for path in batch.iterdir()} == files
    whole = (messy / "report.html").read_text(encoding="utf-8")
    assert "2 batches" in whole
    assert f"{ROWS:,}" in whole  # all rows of the list, not those of one batch


def test_nothing_is_left_running(summary: dict[str, Any], folder: Path) -> None:
    assert mentioning(folder) == []


def test_airflow_found_no_fault_in_the_dags(summary: dict[str, Any], folder: Path) -> None:
    errors = airflow(folder, "dags", "list-import-errors", "-o", "json")
    assert errors.strip().splitlines()[-1] in ("[]", "No data found")
    plugins = json.loads(airflow(folder, "plugins", "-o", "json").strip().splitlines()[-1])
    assert [plugin["name"] for plugin in plugins].count("ovh_sms") == 1


def test_the_tasks_that_ask_ovh_ran_in_the_pool(summary: dict[str, Any], folder: Path) -> None:
    with closing(sqlite3.connect(folder / "airflow" / "airflow.db")) as database:
        slots = dict(database.execute("SELECT pool, slots FROM slot_pool"))
        ran = set(database.execute("SELECT task_id, pool FROM task_instance WHERE state = 'success'"))
    assert slots[POOL] == POOL_SLOTS
    ask = {"prepare", "preflight", "upload_receivers", "send", "free_receivers", "campaign.collect"}
    ask_nothing = {"split_into_batches", "sent_campaigns", "campaign.report"}
    assert ran == {(task, POOL) for task in ask} | {(task, "default_pool") for task in ask_nothing}


#: A number of the demo's lists in any of their spellings: +33639980012, 0033…, +33 (0)6 39 98 00 12, 06.39.98.00.12,
#: 0639980012, 639980012, too short, and as a spreadsheet damages it (6,39980012E+08).
#: A whole number that reached a log or a database; times have such digits, too.
LEAKED = re.compile(
    rb"(?<![\d.])(?:(?:\+|00)?33|0)?6(?:[ .,-]|\xc2\xa0)?39(?:[ .-]|\xc2\xa0)?98(?:(?:[ .-]|\xc2\xa0)?\d){4}(?!\d)"
)
NUMBER = re.compile(rb"6(?:[ .,-]|\xc2\xa0)?39(?:[ .-]|\xc2\xa0)?98(?:(?:[ .-]|\xc2\xa0)?\d){2}")
#: A merged text; the campaign's own text, with #Ville#, may be in the database as part of the DAG.
MERGED = re.compile(rb"points vous attendent chez MYSHOP (%s)" % "|".join(TOWNS).encode())


def test_airflow_knows_which_results_are_in_use(summary: dict[str, Any], folder: Path) -> None:
    home = folder / "airflow"
    with closing(sqlite3.connect(home / "ovh_sms_data" / "results.sqlite")) as results:
        ((ours,),) = results.execute("SELECT id FROM ovh_sms_identity")
        ((attempts,),) = results.execute("SELECT count(*) FROM ovh_sms_attempts")
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        kept = dict(database.execute("SELECT key, val FROM variable"))
    assert set(kept) == {"ovh_sms_results_id"}
    assert attempts > 0
    key = Fernet((home / "fernet.key").read_text())
    assert key.decrypt(kept["ovh_sms_results_id"].encode()).decode() == f"{ours} {attempts}"


def test_the_lists_hold_one_example_of_each_fault(summary: dict[str, Any], folder: Path) -> None:
    text = (folder / "include" / "contacts" / "messy.csv").read_bytes().decode("utf-8-sig")
    assert text.startswith("\r\n".join(HEAD))
    kinds = [each.kind for each in examples(lambda: "0639980012")]
    assert len(kinds) == len(set(kinds)) > 20
    written = re.sub(r"\d", "0", text)
    for each in examples(lambda: "0639980012"):
        example = re.sub(r"\d", "0", each.text)
        assert f"\r\n{example}\r\n" in written, each.kind


def test_the_report_names_the_reasons(summary: dict[str, Any], folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    reasons = {reason for campaign in summary["campaigns"] for reason in campaign["rejected"]}
    assert "hidden" in reasons
    for reason in reasons:
        assert RejectReason(reason).meaning.replace("`", "") in html.unescape(page)


def test_every_spelling_of_a_number_is_found(summary: dict[str, Any], folder: Path) -> None:
    lines = (folder / "include" / "contacts" / "messy.csv").read_bytes().splitlines()[len(HEAD) + 1 :]
    rows = [line for line in lines if line.count(b";") == WIDTH - 1 and b'"' not in line]
    numbers = [line.split(b";")[0].strip() for line in rows]
    missed = {number for number in numbers if not NUMBER.search(number)}
    assert missed <= {b"", b"voir fiche", b"#########"}
    assert len({re.sub(rb"\d", b"0", number) for number in numbers}) >= len(WRITTEN)
    assert MERGED.search(b"vos 120 points vous attendent chez MYSHOP Lyon")


def test_no_number_and_no_text_reached_airflow(summary: dict[str, Any], folder: Path) -> None:
    home = folder / "airflow"
    logs = [path for path in (home / "logs").rglob("*") if path.is_file()]
    assert len(logs) > 10
    databases = list(home.glob("airflow.db*"))
    assert databases
    for path in [*databases, *logs, home / "standalone.log", home / "init.log"]:
        content = path.read_bytes()
        assert not LEAKED.search(content), path
        assert not MERGED.search(content), path
        if path not in databases:
            assert b"vous attendent" not in content, path
            assert b"sandboxSecret" not in content, path
            assert b"sandboxConsumer" not in content, path


def test_what_is_searched_for_numbers_is_there(summary: dict[str, Any], folder: Path) -> None:
    """XCom and rendered templates are in the database, and each task has a log."""
    home = folder / "airflow"
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        ((values,),) = database.execute("SELECT count(*) FROM xcom")
        rendered = {row[0] for row in database.execute("SELECT task_id FROM rendered_task_instance_fields")}
        assert database.execute("PRAGMA wal_checkpoint").fetchone()[0] == 0
    assert values > 10
    assert {"prepare", "upload_receivers", "send", "campaign.collect", "campaign.report"} <= rendered
    for task in ("prepare", "upload_receivers", "send", "campaign.collect"):
        assert [path for path in (home / "logs").rglob(f"*task_id={task}/**/*.log") if path.stat().st_size], task


@pytest.mark.parametrize(
    ("seen", "sign"), [("airflow/standalone.log", signal.SIGTERM), ("airflow/ovh_sms_data/messy", signal.SIGTERM)]
)
@pytest.mark.timeout(420)
def test_an_ended_demo_leaves_nothing_running(tmp_path: Path, seen: str, sign: signal.Signals) -> None:
    folder = tmp_path / "ended demo"
    command = [sys.executable, "-m", "ovh_demo", "demo", "--folder", str(folder), "--rows", "100"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "include")])}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert _until(lambda: (folder / seen).exists(), seconds=290)
        assert _until(lambda: len(_children(process.pid)) >= 2, seconds=60)  # the log is there before its writer
        started = _children(process.pid)
        process.send_signal(sign)
        assert _until(lambda: not mentioning(folder), seconds=60)
        assert _until(lambda: not any(map(_runs, started)), seconds=5)
        assert process.wait(timeout=5) == 128 + sign


def _children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _until(done: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)
    return done()
