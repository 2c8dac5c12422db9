"""The words that a shell completes come from folders and a local results file, without heavy libraries."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from ovh_sms.store import tables
from ovh_sms.store.run_tables import runs
from ovh_sms.store.store import Store
from support.cli import environment, process, write_campaign
from support.stores import new_store
from unit.cli.test_process import HEAVY
from unit.report.run_cases import DAY, RUN
from unit.store.attempt_samples import IN_FLIGHT, an_attempt

_LOADED = (
    "import sys\n"
    "from ovh_sms.cli import main\n"
    "code = main()\n"
    f"sys.stderr.write(' '.join(sorted(set(sys.modules) & {HEAVY | {'alembic'}!r})))\n"
    "sys.exit(code)\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_campaign(tmp_path)
    (tmp_path / "campaigns" / "summer.yml").write_text("broken: [\n", encoding="utf-8")
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "shop.yaml").write_text("account: sms-ab12345-1\nthreshold: 5\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def results(tmp_path: Path) -> Store:
    (tmp_path / "data").mkdir()
    return new_store(tmp_path / "data" / "results.sqlite")


def complete(line: str, folder: Path) -> list[str]:
    """Ask as bash does, for the last word of a line."""
    words = line.split(" ")
    asked = {"_OVH_SMS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    folders = {"OVH_SMS_INCLUDE": str(folder), "OVH_SMS_DATA": str(folder / "data")}
    done = process(script=_LOADED, **asked, **folders)
    assert (done.code, done.err) == (0, ""), "no heavy library was loaded, and nothing is written beside the words"
    return done.out.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ovh-sms pre", ["preview"]),
        ("ovh-sms preview ", ["spring", "summer"]),
        ("ovh-sms cancel sp", ["spring"]),
        ("ovh-sms status su", ["summer"]),
        ("ovh-sms credits s", ["shop", "sms-ab12345-1"]),
        ("ovh-sms usage --account sh", ["shop"]),
        ("ovh-sms senders list --account ", ["sms-ab12345-1"]),
        ("ovh-sms rights --for campaign,rep", ["campaign,report", "campaign,replies"]),
        ("ovh-sms cancel spring --run ", []),
        ("ovh-sms resolve ", []),
    ],
)
def test_names_come_from_the_folder(line: str, words: list[str], folder: Path) -> None:
    assert sorted(complete(line, folder)) == sorted(words)


def test_another_folder_is_read_if_it_is_named(folder: Path, tmp_path: Path) -> None:
    assert complete(f"ovh-sms preview --include {folder} sum", tmp_path / "none") == ["summer"]


def test_runs_are_those_of_the_campaign_and_questions_those_without_an_answer(folder: Path, results: Store) -> None:
    with results.database.writing() as connection:
        for hour, campaign in enumerate(("spring", "summer", "spring")):
            own = {"run_id": f"run_{hour}", "campaign": campaign, "started_at": DAY + timedelta(hours=hour)}
            record = replace(RUN, list_tag=f"list{hour}", **own)
            values = {name: value for name, value in asdict(record).items() if name in runs.c}
            connection.execute(insert(runs).values(values))
    assert complete("ovh-sms cancel spring --run run", folder) == ["run_2", "run_0"]
    for tag, resolution in (("asked", None), ("answered", {"way": "sent"})):
        assert results.attempts.claim(
            an_attempt(tag, run_id=tag, campaign=tag, list_digest=tag * 8, message_digest=tag * 8),
            in_flight_window=IN_FLIGHT,
        )
        with results.database.writing() as connection:
            values = {"question": {"code": f"c0de-{tag}"}, "resolution": resolution}
            here = tables.attempts.c.tag == tag
            connection.execute(update(tables.attempts).where(here).values(values))
    results.close()
    assert complete("ovh-sms resolve a", folder) == ["asked"]
    assert complete("ovh-sms resolve asked ", folder) == ["c0de-asked"]


def test_completion_makes_no_connection_where_the_results_lie_in_a_bucket() -> None:
    asked = {"_OVH_SMS_COMPLETE": "complete_bash", "COMP_WORDS": "ovh-sms cancel spring --run ", "COMP_CWORD": "4"}
    done = process(script=_LOADED, **asked, OVH_SMS_DATA="s3://nobody@nowhere/data")
    assert (done.code, done.out.strip(), done.err) == (0, "", "")


def test_results_that_are_no_database_give_no_completion_and_no_error(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "results.sqlite").write_text("not a database, but long enough for a header" * 9)
    assert complete("ovh-sms cancel spring --run ", folder) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = process(_OVH_SMS_COMPLETE=f"source_{shell}")
    assert (done.code, done.err) == (0, "")
    assert f"_OVH_SMS_COMPLETE=complete_{shell}" in done.out
    assert "ovh-sms" in done.out


def test_bash_completes_with_the_script_that_it_gets(folder: Path, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    (tmp_path / "ovh-sms").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ovh_sms "$@"\n', encoding="utf-8"
    )
    (tmp_path / "ovh-sms").chmod(0o755)
    script = (
        'eval "$(_OVH_SMS_COMPLETE=source_bash ovh-sms)"\n'
        "COMP_WORDS=(ovh-sms preview sp) COMP_CWORD=2\n"
        "_ovh_sms_completion ovh-sms\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    env = environment(OVH_SMS_INCLUDE=str(folder)) | {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run([bash, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("spring\n", "")


def test_the_script_is_installed_in_the_persons_home(tmp_path: Path) -> None:
    done = process("--install-completion", HOME=str(tmp_path), SHELL="/bin/bash")
    written = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert done.code == 0 or "not supported" in done.err
    assert (done.code == 0) == bool(written)
