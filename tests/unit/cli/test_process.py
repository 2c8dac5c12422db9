"""The command in a process of its own: its imports, terminals, pipes and make."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.cli import ROOT, environment, process, write_campaign

HEAVY = {"airflow", "ovh", "requests", "sqlalchemy", "pandas", "pyarrow", "phonenumbers", "yaml", "rich"}


@pytest.mark.parametrize("command", ["--help", "cancel --help", "db --help"])
def test_help_loads_no_heavy_library(command: str) -> None:
    script = (
        "import sys\n"
        "from ovh_sms.cli import main\n"
        f"code = main({command.split()!r})\n"
        f"sys.stderr.write(' '.join(sorted(set(sys.modules) & {HEAVY!r})))\n"
        "sys.exit(code)\n"
    )
    done = process(script=script)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: ovh-sms")


def test_a_local_contact_list_needs_neither_airflow_nor_ovh() -> None:
    script = (
        "import sys\n"
        "for name in ('airflow', 'ovh', 'requests', 'sqlalchemy'):\n"
        "    sys.modules[name] = None\n"
        "from ovh_sms.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = process("preview", "guide", script=script)
    assert (done.code, done.err) == (0, "")
    assert "Credits: 4" in done.out
    done = process("preview", "guide", "--ask-ovh", script=script)
    assert (done.code, done.out) == (2, "")
    assert "needs Airflow, which is not installed here" in done.err


@pytest.mark.parametrize("library", ["phonenumbers", "pyarrow", "yaml"])
def test_a_missing_library_is_one_sentence(library: str) -> None:
    script = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name.partition('.')[0] == {library!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from ovh_sms.cli import main\n"
        "sys.exit(main(['preview', 'guide']))\n"
    )
    done = process(script=script)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"ovh-sms: The Python library {library} is not installed" in done.err


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


def test_the_module_and_the_command_are_the_same(tmp_path: Path) -> None:
    done = process("preview", "guide", "--json", cwd=tmp_path, OVH_SMS_INCLUDE=str(ROOT / "include"))
    assert json.loads(done.out)["credits"] == 4
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"ovh-sms": "ovh_sms.cli:main"}


def test_a_terminal_that_lacks_a_character_shows_its_code(tmp_path: Path) -> None:
    write_campaign(tmp_path, message="C’est la fête \U0001f600")
    command = ["preview", "spring", "--include", tmp_path]
    assert r"C\u2019est la f\xeate \U0001f600" in process(*command, PYTHONIOENCODING="ascii").out
    shown = json.loads(process(*command, "--json", PYTHONIOENCODING="ascii").out)
    assert shown["messages"][0]["text"] == "C’est la fête \U0001f600"


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    write_campaign(tmp_path)
    ends, into = os.pipe()
    os.close(ends)
    command = [sys.executable, "-m", "ovh_sms", "preview", "spring", "--include", str(tmp_path)]
    done = subprocess.run(command, env=environment(), stdout=into, stderr=subprocess.PIPE, check=False)
    os.close(into)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_database_over_airflow_prints_clean_json(tmp_path: Path) -> None:
    query = "SELECT mobile, prenom FROM customers"
    write_campaign(tmp_path, f"{{sql: {{connection: crm, query: {query!r}}}}}")
    with sqlite3.connect(tmp_path / "crm.sqlite") as database:
        database.execute("CREATE TABLE customers AS SELECT '0639980012' AS mobile, 'Eva' AS prenom")
    database.close()
    crm = json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "crm.sqlite")})
    done = process("preview", "spring", "--json", "--include", tmp_path, AIRFLOW_CONN_CRM=crm)
    assert done.code == 0, done.err
    assert json.loads(done.out)["source"] == "SQL over crm"
    assert "63998" not in done.out + done.err


#: The command with progress at every occasion, so that a fast machine shows some too.
_EVERY_LINE = """
import sys
from ovh_sms.cli import main, preview
preview.PROGRESS_SECONDS = 0.0
sys.exit(main(sys.argv[1:]))
"""


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    rows = "".join(f"063998{at % 10_000:04d};x\n" for at in range(60_000))
    write_campaign(tmp_path, message="Bonjour", rows="number;prenom\n" + rows)
    command = ["preview", "spring", "--include", str(tmp_path)]
    assert process(*command, script=_EVERY_LINE).err == ""
    terminal, end = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _EVERY_LINE, *command],
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
    assert b"rows/s" not in done.stdout


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    write_campaign(tmp_path)
    room = tmp_path / "tmp"
    room.mkdir()
    assert process("preview", "spring", "--include", tmp_path, TMPDIR=str(room)).code == 0
    assert list(room.iterdir()) == []
