"""The wheel on each Python and Airflow that it says it supports, as far as this machine has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.fresh_environment import AIRFLOWS, PYTHONS, THIS_PYTHON, Environment, build, interpreter
from support.installed_campaign import send_and_report
from support.lineage import LineageEvents, counted, named

HERE = {version: found for version in PYTHONS if (found := interpreter(version))}
#: Each Python with each Airflow; with them, the lowest versions that the package allows.
PAIRS = [(python, airflow) for python in HERE for airflow in AIRFLOWS]
#: Those on which a campaign is sent, too: every Python and every Airflow once, and the lowest versions.
WHOLE = [(python, AIRFLOWS[at % len(AIRFLOWS)]) for at, python in enumerate(HERE)]

LOADED = """
import importlib, json, pkgutil
import ovh_sms
for each in pkgutil.walk_packages(ovh_sms.__path__, "ovh_sms."):
    if not each.name.endswith("__main__"):
        importlib.import_module(each.name)
from airflow import __version__, plugins_manager
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
print(json.dumps({
    "airflow": __version__,
    "hook": manager.hooks["ovh_sms"].hook_class_name,
    "fields": len([each for each in manager.connection_form_widgets if "__ovh_sms__" in each]),
    "links": len([each for each in manager.extra_links_class_names if each.startswith("ovh_sms.")]),
    "plugins": [each.name for each in plugins_manager._get_plugins()[0]].count("ovh_sms"),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def test_this_python_and_this_airflow_are_supported() -> None:
    from airflow import __version__

    assert THIS_PYTHON in HERE
    assert __version__ in AIRFLOWS


@pytest.mark.parametrize(("python", "airflow"), PAIRS)
def test_the_wheel_works(wheel: Path, tmp_path: Path, python: str, airflow: str) -> None:
    environment = Environment(tmp_path, HERE[python])
    environment.install_wheel(wheel, airflow)
    assert environment.json(LOADED) == {"airflow": airflow, "hook": HOOK, "fields": 9, "links": 2, "plugins": 1}
    assert "preview" in environment.printed("ovh-sms", "--help")
    if (python, airflow) in WHOLE:
        sends_and_reports(environment)


def test_the_wheel_works_at_the_lowest_versions_that_it_allows(wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    environment.install_wheel(wheel, AIRFLOWS[0], lowest=True)
    assert environment.json(LOADED)["hook"] == HOOK
    events = LineageEvents(tmp_path / "events.jsonl")
    sends_and_reports(environment, **events.env())
    (send,) = events.of("sms_campaign_hello.send")
    (collect,) = events.of("sms_campaign_report.campaign.collect")
    assert named(send, "outputs") == named(collect, "inputs") != []
    assert (counted(send, "inputs"), counted(collect, "outputs")) == ([2], [2])


HOOK = "ovh_sms.hooks.sms.OvhSmsHook"


def sends_and_reports(environment: Environment, **env: str) -> None:
    found = send_and_report(environment, environment.folder / "project", **env)
    assert Path(found["package"]).is_relative_to(environment.bin.parent)
    assert found["states"] == {"sms_campaign_hello": "success", "sms_campaign_report": "success"}
    assert found["figures"] == [2, 2, True]
    assert found["texts"] == [
        ["+33639980000", "Bonjour Pierre, votre commande arrive."],
        ["+33639980001", "Bonjour Jeanne, votre commande arrive."],
    ]
    assert found["reports"]
