"""The wheel in an environment of its own, far from the repository: all of the package is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ovh_sms
from support.registrations import ONCE, REGISTRATIONS
from support.sandbox import ROOT

#: Variables that lead back to this environment or this repository.
LEADING_BACK = ("PYTHON", "VIRTUAL_ENV", "AIRFLOW", "OVH_SMS")
UV = Path(sys.executable).with_name("uv")


class Environment:
    """A virtual environment with an empty folder beside it, in which all commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "empty"
        self.work.mkdir()
        self.bin = folder / "venv" / "bin"
        self.uv("venv", "--python", sys.executable, str(folder / "venv"))

    def uv(self, *arguments: str) -> None:
        done = subprocess.run([UV, "--quiet", *arguments], capture_output=True, text=True, cwd=self.work)
        assert done.returncode == 0, done.stderr

    def install(self, *arguments: str) -> None:
        self.uv("pip", "install", "--python", str(self.bin / "python"), *arguments)

    def run(self, program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(LEADING_BACK)}
        home = {"AIRFLOW_HOME": str(self.folder / "home"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        return subprocess.run(
            [self.bin / program, *arguments], env=kept | home | env, cwd=self.work, capture_output=True, text=True
        )

    def json(self, code: str, **env: str) -> Any:
        done = self.run("python", "-c", code, **env)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*command, "--out-dir", folder, ROOT], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel with what it asks for, at the versions of requirements.txt."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install("--constraint", str(ROOT / "requirements.txt"), str(wheel))
    return environment


@pytest.fixture(scope="module")
def without_package(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Only what the wheel asks for, at the same versions."""
    environment = Environment(tmp_path_factory.mktemp("without"))
    listed = installed.folder / "installed.txt"
    command = [UV, "pip", "freeze", "--python", installed.bin / "python", "--exclude", "airflow-provider-ovh-sms"]
    listed.write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    environment.install("--no-deps", "--requirement", str(listed))
    return environment


@pytest.mark.parametrize("process", REGISTRATIONS)
@pytest.mark.parametrize("way", ["folder", "wheel", "folder and wheel"])
def test_plugin_and_listener_are_registered_once(
    installed: Environment, without_package: Environment, way: str, process: str
) -> None:
    environment = installed if "wheel" in way else without_package
    folder = ROOT / "plugins" if "folder" in way else environment.work
    found = environment.json(REGISTRATIONS[process], AIRFLOW__CORE__PLUGINS_FOLDER=str(folder))
    assert found == ONCE


DAGS = """
import json, sys
from pathlib import Path
import ovh_sms
from ovh_sms.dag_factories.campaign import campaign_dags
from ovh_sms.dag_factories.cancel import cancel_dag
from ovh_sms.dag_factories.credits_topup import credits_topup_dag
from ovh_sms.dag_factories.report import report_dag

include = Path(sys.prefix).parent / "include"
dags = [
    *campaign_dags(include),
    report_dag(),
    cancel_dag(),
    credits_topup_dag(include, schedule="0 7 * * *", timezone="Europe/Paris"),
]
print(json.dumps({
    "package": ovh_sms.__file__, "version": ovh_sms.__version__,
    "dags": {dag.dag_id: sorted(dag.task_ids) for dag in dags},
}))
"""


def test_the_dag_factories_make_a_dag_of_each_file(installed: Environment) -> None:
    include = installed.folder / "include"
    (include / "campaigns").mkdir(parents=True)
    guide = (ROOT / "include" / "campaigns" / "guide.yaml").read_text(encoding="utf-8")
    (include / "campaigns" / "spring.yaml").write_text(guide, encoding="utf-8")
    (include / "campaigns" / "summer.yaml").write_text("kind: unheard_of\n", encoding="utf-8")
    found = installed.json(DAGS)
    assert Path(found["package"]).is_relative_to(installed.folder)
    assert found["version"] == ovh_sms.__version__
    assert found["dags"] == {
        "sms_campaign_spring": sorted(
            ["prepare", "preflight", "split_into_batches", "upload_receivers", "send", "free_receivers"]
        ),
        "sms_broken_summer": ["invalid_file"],
        "sms_campaign_report": ["campaign.collect", "campaign.report", "sent_campaigns"],
        "sms_campaign_cancel": ["cancel"],
        "sms_credits_topup": [],
    }


FORM = """
import json
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
fields = [key.removeprefix("extra__ovh_sms__") for key in manager.connection_form_widgets if "__ovh_sms__" in key]
print(json.dumps([manager.hooks["ovh_sms"].hook_name, sorted(fields)]))
"""


def test_airflow_shows_the_form_of_the_connection(installed: Environment) -> None:
    name, fields = installed.json(FORM)
    assert name == "OVHcloud SMS"
    assert fields == sorted(
        [
            "account",
            "calls_per_minute",
            "client_id",
            "client_secret",
            "consumer_key",
            "endpoint",
            "most_calls_per_minute",
            "read_retry_seconds",
            "timeout_seconds",
        ]
    )


def test_the_command_helps(installed: Environment) -> None:
    done = installed.run("ovh-sms", "--help")
    assert done.returncode == 0, done.stderr
    for command in ("preview", "cancel", "resolve"):
        assert command in done.stdout


RENDERED = """
import json
from datetime import UTC, datetime
from ovh_sms.report.html import render_html
moment = datetime(2026, 1, 1, tzinfo=UTC)
print(json.dumps(render_html([], title="no campaign", made_at=moment)[:15]))
"""


def test_the_migrations_and_the_templates_are_in_the_wheel(installed: Environment) -> None:
    assert installed.run("airflow", "db", "migrate").returncode == 0  # it holds the Variable that names the database
    done = installed.run("ovh-sms", "db", "init", OVH_SMS_DATA=str(installed.folder / "data"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed.json(RENDERED).lower() == "<!doctype html>"


TYPED = """
import json
from importlib.resources import files
print(json.dumps((files("ovh_sms") / "py.typed").is_file()))
"""


def test_type_checkers_may_read_its_types(installed: Environment) -> None:
    assert installed.json(TYPED) is True


WORKBOOK = """
import json
from pathlib import Path
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.workbooks import open_sheet
from ovh_sms.errors import ConfigurationError

Path("list.xlsx").write_bytes(b"PK")
try:
    open_sheet(ContactFile(Path("list.xlsx"), "list.xlsx"), None, ContactOptions()).__enter__()
except ConfigurationError as error:
    print(json.dumps(str(error)))
"""


def test_a_workbook_without_its_extra_is_refused_with_the_extras_name(installed: Environment) -> None:
    assert "pip install 'airflow-provider-ovh-sms[excel]'" in installed.json(WORKBOOK)
