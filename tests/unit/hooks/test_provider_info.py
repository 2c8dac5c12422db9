from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import pytest

import ovh_sms
from ovh_sms.get_provider_info import get_provider_info
from ovh_sms.hooks.connection import LABELS

PLUGINS = Path(ovh_sms.__file__).resolve().parents[1]


def airflow_file(name: str) -> Path:
    import airflow

    return next(file for folder in airflow.__path__ if (file := Path(folder) / name).exists())


def test_airflow_accepts_the_description() -> None:
    schema = json.loads(airflow_file("provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_accepts_every_field_of_the_form() -> None:
    # The schema of Airflow's own providers is stricter about connection fields.
    schema = json.loads(airflow_file("provider.yaml.schema.json").read_text())
    part = {**schema["properties"]["connection-types"], "definitions": schema.get("definitions", {})}
    jsonschema.validate(get_provider_info()["connection-types"], part)


def test_every_field_of_a_connection_is_in_the_form_by_its_label() -> None:
    (form,) = get_provider_info()["connection-types"]
    labels = {name: field["label"] for name, field in form["conn-fields"].items()}
    labels["application_key"] = form["ui-field-behaviour"]["relabeling"]["login"]
    labels["application_secret"] = form["ui-field-behaviour"]["relabeling"]["password"]
    assert labels == dict(LABELS)


@pytest.mark.parametrize("name", ["consumer_key", "client_secret"])
def test_secrets_are_typed_blind(name: str) -> None:
    (form,) = get_provider_info()["connection-types"]
    assert form["conn-fields"][name]["schema"]["format"] == "password"


def test_the_installed_package_has_this_version_and_these_entry_points() -> None:
    installed = distribution(get_provider_info()["package-name"])
    assert installed.version == ovh_sms.__version__
    assert {(each.group, each.name): each.value for each in installed.entry_points} == {
        ("airflow.plugins", "ovh_sms"): "ovh_sms.plugin:InstalledPlugin",
        ("apache_airflow_provider", "provider_info"): "ovh_sms.get_provider_info:get_provider_info",
        ("console_scripts", "ovh-sms"): "ovh_sms.cli:main",
    }


@pytest.mark.parametrize("name", get_provider_info()["extra-links"])
def test_every_link_of_an_operator_can_be_imported(name: str) -> None:
    module, _, link = name.rpartition(".")
    assert getattr(import_module(module), link)().name


DISCOVER = """
import json, ovh
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
hook = manager.hooks["ovh_sms"]
ours = [key for key in manager.connection_form_widgets if key.startswith("extra__ovh_sms__")]
widgets = [manager.connection_form_widgets[key] for key in ours]
print(json.dumps({
    "version": manager.providers["airflow-provider-ovh-sms"].version,
    "hook": hook.hook_class_name,
    "name": hook.hook_name,
    "id": hook.connection_id_attribute_name,
    "fields": sorted(widget.field_name for widget in widgets),
    "sensitive": sorted(widget.field_name for widget in widgets if widget.is_sensitive),
    "relabeling": manager.field_behaviours["ovh_sms"]["relabeling"],
    "links": sorted(each for each in manager.extra_links_class_names if each.startswith("ovh_sms.")),
    "python_ovh": hasattr(ovh, "Client") and "site-packages" in ovh.__file__,
}))
"""


def test_airflow_finds_the_installed_package(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DISCOVER],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(PLUGINS),  # this code, whichever is installed
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {
        "version": ovh_sms.__version__,
        "hook": "ovh_sms.hooks.sms.OvhSmsHook",
        "name": "OVHcloud SMS",
        "id": "ovh_sms_conn_id",
        "fields": [
            "account",
            "calls_per_minute",
            "client_id",
            "client_secret",
            "consumer_key",
            "endpoint",
            "most_calls_per_minute",
            "read_retry_seconds",
            "timeout_seconds",
        ],
        "sensitive": ["client_secret", "consumer_key"],
        "relabeling": {
            "login": "Application key",
            "password": "Application secret",
            "port": "Port (443, for the Test button)",
        },
        "links": sorted(get_provider_info()["extra-links"]),
        "python_ovh": True,
    }


LIGHT = """
import sys
import ovh_sms.api.client, ovh_sms.api.models, ovh_sms.api.submission_request
import ovh_sms.get_provider_info, ovh_sms.hooks.connection
heavy = {"ovh", "requests", "urllib3", "tenacity", "airflow", "pandas"}
print(sorted(heavy & set(sys.modules)))
"""


def test_importing_the_client_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT],
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"
