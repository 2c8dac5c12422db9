"""The command in a clone: it uses the Airflow of `make up`, and leaves nothing in the person's home."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.airflow_task import connection
from support.cli import ROOT, Ended, write_campaign
from support.sandbox import SandboxProcess

_SETUP = """
import sys
from airflow.utils.db import initdb
initdb()
from ovh_sms.cli import main
main(["db", "init"])
from airflow.models import Connection
from airflow.utils.session import create_session
with create_session() as session:
    session.add(Connection.from_json(sys.argv[1], conn_id="ovh_sms_default"))
"""


class Clone:
    """A copy of the package where a clone has it, and a person's home beside it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "clone", folder / "home"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "plugins" / "ovh_sms", self.root / "plugins" / "ovh_sms", ignore=ignored)
        (self.root / "include" / "ovh_demo").mkdir(parents=True)
        (self.root / "Makefile").touch()
        self.home.mkdir()

    def run(self, *arguments: object, code: tuple[str, ...] = ("-m", "ovh_sms"), **env: str) -> Ended:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "OVH_SMS"))}
        given = {**own, "HOME": str(self.home), "PYTHONPATH": str(self.root / "plugins"), **env}
        command = [sys.executable, *code, *map(str, arguments)]
        done = subprocess.run(command, cwd=self.root, env=given, capture_output=True, text=True, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_without_make_up_nothing_is_left_in_the_home(clone: Clone) -> None:
    done = clone.run("db", "init")
    assert done.code == 2
    assert "Run 'airflow db migrate'" in done.err
    assert list(clone.home.iterdir()) == []
    assert (clone.root / "build" / "up" / "airflow").is_dir()


def test_the_connections_of_make_up_are_found(clone: Clone, world: SandboxProcess) -> None:
    write_campaign(clone.root / "include")
    airflow = clone.root / "build" / "up" / "airflow"
    settings = {
        "AIRFLOW_HOME": str(airflow),
        "AIRFLOW__CORE__FERNET_KEY": "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=",
        "OVH_SMS_DATA": str(airflow / "my data"),
    }
    done = clone.run(connection(world), code=("-c", _SETUP), **settings)
    assert done.code == 0, done.err
    modules = clone.root / "modules"
    modules.mkdir()
    (modules / "arguments_of_make_up.py").write_text("ARGUMENTS = {}\n", encoding="utf-8")
    settings |= {
        "PYTHONPATH": str(modules),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "arguments_of_make_up.ARGUMENTS",
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    (clone.root / "build" / "up" / "airflow.env").write_text("\n".join(lines), encoding="utf-8")
    cancel = ["cancel", "spring", "--include", clone.root / "include"]
    done = clone.run(*cancel)
    assert done.code == 2
    assert f"hold no submission of campaign spring on {world.account_name}." in done.err
    assert list(clone.home.iterdir()) == []
    # Another Airflow that a person names is used alone; it has no such connection.
    other = clone.run(*cancel, AIRFLOW_HOME=str(clone.home / "other"))
    assert "Airflow has no connection 'ovh_sms_default'" in other.err


def test_an_airflow_in_the_home_is_not_used_in_silence(clone: Clone) -> None:
    (clone.home / "airflow").mkdir()
    up = clone.root / "build" / "up"
    up.mkdir(parents=True)
    (up / "airflow.env").write_text(f"AIRFLOW_HOME={up / 'airflow'}\n", encoding="utf-8")
    done = clone.run("db", "init")
    assert f"The Airflow of 'make up' is used, {up}; for ~/airflow set AIRFLOW_HOME." in done.err
    assert list((clone.home / "airflow").iterdir()) == []
    assert list((up / "airflow").iterdir()) != []


def test_an_installed_package_is_no_clone(clone: Clone) -> None:
    (clone.root / "Makefile").unlink()
    done = clone.run(code=("-c", "from ovh_sms.cli.clone import clone_root; print(clone_root())"))
    assert (done.out, done.err) == ("None\n", "")
