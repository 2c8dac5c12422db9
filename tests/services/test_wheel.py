"""The wheel in an environment of its own, far from the repository: all of the package is in it."""

from __future__ import annotations

import json
import subprocess
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import ovh_sms
from support.fresh_environment import PYTHONS, UV, Environment, build
from support.installed_campaign import write_campaign
from support.registrations import ONCE, REGISTRATIONS
from support.sandbox import ROOT

NAME = "airflow-provider-ovh-sms"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


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


#: Where each loaded module of the package comes from.
COPIES = """
import json, sys
from pathlib import Path
from airflow import plugins_manager
from airflow.sdk import plugins_manager as sdk
plugins_manager._get_plugins(), sdk._get_plugins()
from airflow.providers_manager import ProvidersManager
ProvidersManager().hooks["ovh_sms"], ProvidersManager().extra_links_class_names
import ovh_sms.operators.send_job
ours = [each.__file__ for name, each in sys.modules.items() if name.partition(".")[0] == "ovh_sms" and each.__file__]
print(json.dumps(sorted({str(Path(each)).partition("/ovh_sms/")[0] for each in ours})))
"""


def test_beside_the_folder_the_installed_copy_alone_is_used_and_a_message_says_so(installed: Environment) -> None:
    folder = ROOT / "plugins"
    done = installed.run("python", "-c", COPIES, AIRFLOW__CORE__PLUGINS_FOLDER=str(folder))
    assert done.returncode == 0, done.stderr
    (used,) = json.loads(done.stdout.splitlines()[-1])
    assert Path(used).is_relative_to(installed.folder)
    said = " ".join((done.stdout + done.stderr).split())
    assert f"the installed one in {used}/ovh_sms is used, the one in {folder}/ovh_sms is not" in said
    alone = installed.run("python", "-c", COPIES, AIRFLOW__CORE__PLUGINS_FOLDER=str(installed.work))
    assert "Two copies" not in alone.stdout + alone.stderr


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


def test_airflows_own_commands_list_what_is_in_it(installed: Environment) -> None:
    assert "airflow-provider-ovh-sms" in installed.printed("airflow", "providers", "list")
    described = json.loads(installed.printed("airflow", "providers", "get", NAME, "--full", "--output", "json"))
    assert described[0]["package-name"] == NAME
    hooks = json.loads(installed.printed("airflow", "providers", "hooks", "--output", "json"))
    assert [each["class"] for each in hooks if each["connection_type"] == "ovh_sms"] == ["ovh_sms.hooks.sms.OvhSmsHook"]
    links = installed.printed("airflow", "providers", "links")
    assert "ovh_sms.operators.links.RunReportLink" in links
    plugins = json.loads(installed.printed("airflow", "plugins", "--output", "json"))
    assert [each["name"] for each in plugins].count("ovh_sms") == 1


OPERATORS = """
import importlib, json, pkgutil
import ovh_sms
for each in pkgutil.walk_packages(ovh_sms.__path__, "ovh_sms."):
    if not each.name.endswith("__main__"):
        importlib.import_module(each.name)
from airflow.sdk import BaseOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
print(json.dumps(issubclass(PrepareContactsOperator, BaseOperator)))
"""


def test_every_module_can_be_imported(installed: Environment) -> None:
    assert installed.json(OPERATORS) is True


#: Bytes; 1,000,000 were asked for. 750 modules of 1.7 kB each fill it; docs/install.md says why it is not less.
LARGEST = 1_520_000


def test_the_wheel_holds_code_and_templates_alone_and_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= LARGEST
    with zipfile.ZipFile(wheel) as opened:
        code = [each for each in opened.infolist() if each.filename.startswith("ovh_sms/")]
        others = {each.filename.partition("/")[0] for each in opened.infolist()} - {"ovh_sms"}
    assert {Path(each.filename).suffix for each in code} == {".py", ".typed", ".j2", ".css", ".js", ".mako"}
    assert [each.filename for each in code if each.file_size > 32_000] == []
    assert [each.endswith(".dist-info") for each in others] == [True]


def test_its_metadata_says_what_it_is_for_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [each for each in opened.namelist() if each.endswith(".dist-info/METADATA")]
        found = HeaderParser().parsestr(opened.read(name).decode())
    assert (found["Name"], found["Version"]) == (NAME, ovh_sms.__version__)
    assert found["License-Expression"] == "Apache-2.0"
    assert found.get_all("License-File") == ["LICENSE"]
    classifiers = set(found.get_all("Classifier") or [])
    assert {"Framework :: Apache Airflow :: Provider", "Typing :: Typed"} <= classifiers
    assert {f"Programming Language :: Python :: {each}" for each in PYTHONS} <= classifiers


def test_changes_and_security_are_in_the_source_package(tmp_path: Path) -> None:
    with tarfile.open(build("sdist", tmp_path)) as opened:
        names = {each.name.partition("/")[2] for each in opened.getmembers()}
    assert {"CHANGELOG.md", "SECURITY.md", "LICENSE", "README.md", "pyproject.toml"} <= names
    assert "plugins/ovh_sms/py.typed" in names


def test_the_command_shows_what_a_campaign_would_send(installed: Environment) -> None:
    folder = installed.folder / "preview"
    write_campaign(folder)
    shown = installed.printed("ovh-sms", "preview", str(folder / "include" / "campaigns" / "hello.yaml"))
    assert "Rows: 4, accepted 2, rejected 2" in shown


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
