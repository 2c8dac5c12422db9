"""The command ``ovh-sms``, in its own process where it matters and called directly where it does not."""

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
from ovh_sms.hooks.sms import OvhSmsHook
from support.lists import workbook
from support.sandbox import SandboxProcess
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = "sender: MYSHOP\nkind: transactional\nmessage: '{message}'\ncontacts: {contacts}\nbudget: 5\n"


@pytest.fixture
def include(tmp_path: Path) -> Path:
    (tmp_path / "campaigns").mkdir()
    return tmp_path


def campaign(include: Path, contacts: str = "{file: a.csv}", message: str = "Bonjour #prenom#") -> None:
    text = CAMPAIGN.format(message=message, contacts=contacts)
    (include / "campaigns" / "spring.yaml").write_text(text, encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["preview", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_previews_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "guide", "--include", str(ROOT / "include"))
    assert (code, err) == (0, "")
    assert "Columns found: Numero, nom, prenom, adresse" in out
    assert "+*********00, 105 characters, 2 parts" in out
    assert "ê (U+00EA)" in out
    assert "Numbers of fiction (06 39 98 xx xx): 2" in out
    assert "63998" not in out
    _, out, _ = run(
        capsys, str(ROOT / "include/campaigns/guide.yaml"), "--show-numbers", "--price-per-credit", "0.07"
    )
    assert "+33639980000, 105 characters" in out
    assert "Price: 0.28 without tax, at 0.07 a credit" in out


def test_json(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include)
    (include / "a.csv").write_text("number;prenom\n0639980012;Zoé\n12;x\n0639980013;Loïc\n", encoding="utf-8")
    code, out, _ = run(capsys, "spring", "--include", str(include), "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["campaign"], told["rows"], told["accepted"]) == ("spring", 3, 1)
    assert told["rejected"] == {"invalid_number": 1, "not_gsm7": 1}
    assert told["unicode_values"] == {"ï": 1}
    (message,) = told["messages"]
    assert message == {
        "number": "+*********12",
        "text": "Bonjour Zoé",
        "parts": 1,
        "characters": 11,
        "stop_clause": 0,
    }


def test_budget_and_sendings_of_the_campaign(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include, message="Bonjour")
    path = include / "campaigns" / "spring.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "shard_size: 3\n", encoding="utf-8")
    (include / "a.csv").write_text("number\n" + "".join(f"06399800{at:02d}\n" for at in range(7)))
    code, out, _ = run(capsys, "spring", "--include", str(include))
    assert code == 0
    assert "Credits: 7, more than the budget of 5: the run would be refused" in out
    assert "Sent in 3 sendings of at most 3 receivers" in out
    told = json.loads(run(capsys, "spring", "--include", str(include), "--json")[1])
    assert (told["budget"], told["over_budget"], told["sendings"]) == (5, True, 3)


def test_a_workbook_and_a_suppression_file(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include, "{file: a.xlsx, sheet: Mai, suppress: [stop.txt]}")
    workbook(include / "a.xlsx", [["number", "prenom"], [639980012, "Zoé"], [639980013, "Eva"]], title="Mai")
    (include / "stop.txt").write_text("0639980013\n")
    code, out, _ = run(capsys, "spring", "--include", str(include))
    assert code == 0
    assert "Rows: 2, accepted 1, rejected 1" in out
    assert "stop.txt: 1 number" in out


@pytest.mark.parametrize(
    ("contacts", "message", "says"),
    [
        ("{file: gone.csv}", "Bonjour", "gone.csv does not exist"),
        ("{file: a.csv}", "Bonjour #ville#", "#ville#, not a column"),
        ("{file: a.csv, suppress: [bad.txt]}", "Bonjour", "bad.txt, line 2"),
        ("{file: a.csv, empty: text}", "Bonjour", "spring.yaml: field 'contacts' is wrong"),
        ("{file: a.csv, empty: text, default_text: ê}", "Bonjour", "in place of empty values"),
        ("{file: a.csv, region: XX}", "Bonjour", "not a country code"),
        ("{file: 'a{{ x }}.csv'}", "Bonjour", "hold a template"),
        ("{sql: {connection: missing, query: SELECT 1}}", "Bonjour", "connection missing"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], include: Path, contacts: str, message: str, says: str
) -> None:
    campaign(include, contacts, message)
    (include / "a.csv").write_text("number;prenom\n0639980012;Zoé\n", encoding="utf-8")
    (include / "bad.txt").write_text("0639980012\n0639\n")
    code, out, err = run(capsys, "spring", "--include", str(include))
    assert (code, out) == (2, "")
    assert says in err
    assert err.startswith("ovh-sms: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_campaign_that_is_not_there(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include)
    code, _, err = run(capsys, "sprin", "--include", str(include))
    assert code == 2
    assert "found: spring" in err
    code, _, err = run(capsys, str(include / "gone.yaml"))
    assert (code, "gone.yaml does not exist. Check the path" in err) == (2, True)
    (include / "folder.yaml").mkdir()
    assert "folder.yaml is not a file" in run(capsys, str(include / "folder.yaml"))[2]
    with pytest.raises(SystemExit) as caught:
        main(["preview"])
    assert caught.value.code == 2


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


def test_a_price_with_a_comma(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "guide", "--include", str(ROOT / "include"), "--price-per-credit", "0,065")
    assert "Price: 0.26 without tax, at 0.065 a credit" in out


@pytest.mark.parametrize("price", ["-1", "nan", "inf", "x", "1.000,5"])
def test_a_price_that_is_none(capsys: pytest.CaptureFixture[str], price: str) -> None:
    with pytest.raises(SystemExit):
        main(["preview", "guide", f"--price-per-credit={price}"])
    assert f"{price} is no price; write it as 0.065" in capsys.readouterr().err


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


def test_ovh_is_asked_for_blacklist_and_price_with_a_connection(
    capsys: pytest.CaptureFixture[str], include: Path, sandbox: SandboxProcess
) -> None:
    campaign(include)
    (include / "a.csv").write_text("number;prenom\n0639980012;Zoé\n0639980013;Eva\n", encoding="utf-8")
    sandbox.block("+33639980013")
    code, out, err = run(capsys, "spring", "--include", str(include), "--connection")
    assert (code, err) == (0, "")
    assert "Rows: 2, accepted 1, rejected 1" in out
    assert "EUR without tax" in out
    code, _, err = run(capsys, "spring", "--include", str(include), "--connection", "no_such_connection")
    assert code == 2
    assert "no_such_connection" in err
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0


def test_ovh_is_asked_for_its_rates_abroad_with_a_connection(
    capsys: pytest.CaptureFixture[str], include: Path, sandbox: SandboxProcess
) -> None:
    campaign(include, message="Bonjour")
    (include / "a.csv").write_text("number\n0639980012\n+4915123456789\n")
    _, out, _ = run(capsys, "spring", "--include", str(include))
    assert "OVH's rates abroad are not in this estimate" in out
    given = ("--include", str(include), "--connection", "--price-per-credit", "0.5", "--json")
    code, out, err = run(capsys, "spring", *given)
    told = json.loads(out)
    rate = OvhSmsHook().client.destination_rate("de").credits
    assert (code, err, told["rates_abroad"]) == (0, "", {"49": rate})
    assert (told["credits"], told["cost"]) == pytest.approx((1 + rate, (1 + rate) / 2))


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


@pytest.mark.parametrize(
    ("tag", "code", "says"), [("c7nef py24", "0a1b2c", "no tag"), ("c7nefpy24byvmi7czq6w", "zz", "no tag")]
)
def test_a_decision_needs_a_tag_and_its_code(
    capsys: pytest.CaptureFixture[str], tag: str, code: str, says: str
) -> None:
    assert main(["resolve", tag, code, "sent"]) == 2
    assert says in capsys.readouterr().err


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
