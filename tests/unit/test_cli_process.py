"""The command ``ovh-sms`` in a process of its own: what it loads, terminals and pipes, make, Airflow's database."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ovh_sms.cli import main
from unit.test_cli import ROOT, campaign, include

__all__ = ["include"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "plugins"), **more}


def test_a_local_list_needs_neither_airflow_nor_ovh(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('airflow', 'ovh', 'requests', 'sqlalchemy'):\n"
        "    sys.modules[name] = None\n"
        "from ovh_sms.cli import main\n"
        "sys.exit(main(['preview', 'guide']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Credits: 4" in done.stdout


@pytest.mark.parametrize("library", ["phonenumbers", "pyarrow", "yaml"])
def test_a_missing_library_is_one_sentence(library: str) -> None:
    code = (
        "import sys\n"
        f"class Missing:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name.partition('.')[0] == {library!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from ovh_sms.cli import main\n"
        "sys.exit(main(['preview', 'guide']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"ovh-sms: The Python library {library} is not installed" in done.stderr


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with this Python, without making the virtual environment anew."""
    command = ["make", "--assume-old=.venv/.installed", f"BIN={Path(sys.executable).parent}", *arguments]
    env = {name: value for name, value in os.environ.items() if name != "CAMPAIGN" and name[:4] != "MAKE"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_a_preview_by_make() -> None:
    done = make("preview", "CAMPAIGN=guide")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Campaign: guide\n")
    done = make("preview")
    assert done.returncode == 2
    assert done.stdout == "Name a campaign of include/campaigns: make preview CAMPAIGN=spring\n"


def test_as_a_module_and_as_the_command_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ovh_sms", "preview", "guide", "--json"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(OVH_SMS_INCLUDE=str(ROOT / "include")),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["credits"] == 4
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"ovh-sms": "ovh_sms.cli:main"}


def test_a_terminal_that_lacks_a_character_shows_its_code(include: Path) -> None:
    campaign(include, message="C’est la fête \U0001f600")
    (include / "a.csv").write_text("number\n0639980012\n")
    command = [sys.executable, "-m", "ovh_sms", "preview", "spring", "--include", str(include)]
    ascii_only = environment(PYTHONIOENCODING="ascii")
    plain = subprocess.run(command, env=ascii_only, capture_output=True, text=True, check=True)
    assert r"C\u2019est la f\xeate \U0001f600" in plain.stdout
    told = subprocess.run([*command, "--json"], env=ascii_only, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["messages"][0]["text"] == "C’est la fête \U0001f600"


def test_a_reader_that_went_away_is_no_error(include: Path) -> None:
    campaign(include)
    (include / "a.csv").write_text("number;prenom\n0639980012;A\n")
    ends, into = os.pipe()
    os.close(ends)
    command = [sys.executable, "-m", "ovh_sms", "preview", "spring", "--include", str(include)]
    done = subprocess.run(command, env=environment(), stdout=into, stderr=subprocess.PIPE, check=False)
    os.close(into)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_database_over_airflow_prints_clean_json(include: Path, tmp_path: Path) -> None:
    campaign(include, "{sql: {connection: crm, query: 'SELECT mobile, prenom FROM customers'}}")
    with sqlite3.connect(tmp_path / "crm.sqlite") as database:
        database.execute("CREATE TABLE customers AS SELECT '0639980012' AS mobile, 'Eva' AS prenom")
    database.close()
    conn = json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "crm.sqlite")})
    command = [sys.executable, "-m", "ovh_sms", "preview", "spring", "--json", "--include", str(include)]
    done = subprocess.run(
        command, env=environment(AIRFLOW_CONN_CRM=conn), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "SQL over crm"
    assert "63998" not in done.stdout + done.stderr


def test_progress_is_for_terminals(include: Path) -> None:
    campaign(include, message="Bonjour")
    rows = "".join(f"063998{at % 10_000:04d};x\n" for at in range(60_000))
    (include / "a.csv").write_text("number;prenom\n" + rows)
    command = [sys.executable, "-m", "ovh_sms", "preview", "spring", "--include", str(include)]
    plain = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert plain.stderr == ""
    terminal, end = pty.openpty()
    try:
        slow = subprocess.run(
            [sys.executable, "-c", _SLOW, *command[2:]],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=end,
            check=True,
        )
        os.close(end)
        shown = os.read(terminal, 65536).decode()
    finally:
        os.close(terminal)
    assert "rows/s" in shown
    assert "rejected so far" in shown
    assert b"rows/s" not in slow.stdout


#: The command with progress told at every occasion, so that a fast machine tells some too.
_SLOW = """
import runpy, sys
import ovh_sms.cli
ovh_sms.cli.PROGRESS_SECONDS = 0.0
sys.argv = sys.argv[1:]
sys.exit(ovh_sms.cli.main(sys.argv[1:]))
"""


def test_nothing_is_left_behind(include: Path, tmp_path: Path) -> None:
    campaign(include)
    (include / "a.csv").write_text("number;prenom\n0639980012;Eva\n")
    room = tmp_path / "tmp"
    room.mkdir()
    command = [sys.executable, "-m", "ovh_sms", "preview", "spring", "--include", str(include)]
    subprocess.run(command, env=environment(TMPDIR=str(room)), capture_output=True, check=True)
    assert list(room.iterdir()) == []
    shutil.rmtree(room)


def test_a_decision_is_kept_where_the_task_reads_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/airflow.db")
    assert main(["resolve", "c7nefpy24byvmi7czq6w", "0a1b2c", "send"]) == 2  # no database yet
    assert "ovh_sms_resolve_c7nefpy24byvmi7czq6w" in capsys.readouterr().err
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)
    assert main(["resolve", "c7nefpy24byvmi7czq6w", "0a1b2c", "send"]) == 0
    assert "Now clear the task" in capsys.readouterr().out
    command = [sys.executable, "-m", "airflow", "variables", "get", "ovh_sms_resolve_c7nefpy24byvmi7czq6w"]
    kept = subprocess.run(command, check=True, capture_output=True, text=True)
    assert kept.stdout.strip().splitlines()[-1] == "0a1b2c send"
