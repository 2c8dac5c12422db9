"""helm-values.yaml: nobody has installed the chart with it; it says so, and agrees with the compose file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "helm-values.yaml"
CHART = "1.22.0"
#: Keys of that version of the chart, read from its schema.
KEYS = Path(__file__).with_name(f"airflow_chart_{CHART.replace('.', '_')}.txt")
#: Keys that the chart reads in a secret, by the value that names the secret.
IN_SECRETS = {
    "metadataSecretName": "connection",
    "resultBackendSecretName": "connection",
    "fernetKeySecretName": "fernet-key",
    "apiSecretKeySecretName": "api-secret-key",
    "jwtSecretName": "jwt-secret",
}


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    return found


def test_it_says_that_it_is_untested() -> None:
    assert "NOT TESTED" in FILE.read_text().split("\n\n")[0]


def keys(value: Any, above: str = "") -> Iterator[str]:
    """All keys with the keys above them; below ``config`` they are Airflow's own."""
    if isinstance(value, list):
        for each in value:
            yield from keys(each, f"{above}[]") if isinstance(each, dict) else ()
    elif isinstance(value, dict) and above != "config":
        for name, below in value.items():
            path = f"{above}.{name}" if above else name
            yield path
            yield from keys(below, path)


def test_it_sets_only_keys_of_the_chart_that_are_not_deprecated(values: dict[str, Any]) -> None:
    known = {each for each in KEYS.read_text().splitlines() if not each.startswith("#")}
    assert set(keys(values)) - known == set()


def test_the_version_of_the_chart_is_named_wherever_it_is_installed_or_described() -> None:
    assert f"--version {CHART} " in FILE.read_text()
    assert f"version {CHART} " in KEYS.read_text()
    assert f"chart {CHART}" in (ROOT / "docs" / "cluster.md").read_text()


def test_every_key_is_explained() -> None:
    """A comment stands right above each first key, setting and variable, or below a key with others in it."""
    lines = FILE.read_text().splitlines()
    section = ""
    for at, line in enumerate(lines):
        top = re.match(r"(\w+):(.*)", line)
        if top:
            section = top[1]
        is_explained_below = bool(top) and not top[2] and "#" in "".join(lines[at + 1 : at + 3])
        is_setting = section == "config" and re.match(r"    \w", line)
        if top or is_setting or line.startswith("  - "):
            explained = lines[at - 1].lstrip().startswith("#") or is_explained_below or section == "migrateDatabaseJob"
            assert explained, f"line {at + 1} is not explained: {line}"


def settings(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for section, options in values["config"].items():
        for option, value in options.items():
            yield f"AIRFLOW__{section.upper()}__{option.upper()}", str(value)
    for each in values["env"]:
        yield each["name"], each["value"]


def test_it_agrees_with_the_compose_file(values: dict[str, Any], compose: dict[str, Any]) -> None:
    run = compose["worker"]["environment"]
    same = dict(settings(values))
    # One machine's folder there, a bucket here; and the number of workers is a variable there.
    assert same.pop("OVH_SMS_DATA").startswith("s3://sms_files@")
    assert same.pop("AIRFLOW__CORE__AUTH_MANAGER").endswith(".SimpleAuthManager")
    parallelism = int(same.pop("AIRFLOW__CORE__PARALLELISM"))
    assert same.items() <= run.items()
    assert parallelism == values["workers"]["celery"]["replicas"] * int(same["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert values["migrateDatabaseJob"]["args"] == compose["db-init"]["command"]
    assert values["executor"] == run["AIRFLOW__CORE__EXECUTOR"]
    assert compose["worker"]["image"].endswith(f":{values['airflowVersion']}")


def test_airflow_knows_its_settings_and_the_auth_manager_is_in_the_image(values: dict[str, Any]) -> None:
    from airflow.configuration import conf

    described = conf.configuration_description
    for section, options in values["config"].items():
        assert set(options) <= set(described[section]["options"]), section
    module, _, name = values["config"]["core"]["auth_manager"].rpartition(".")
    assert hasattr(import_module(module), name)


def test_no_secret_stands_in_it_and_each_that_it_names_is_said_to_be_made(values: dict[str, Any]) -> None:
    text = FILE.read_text()
    made = dict(re.findall(r"secret generic (\S+) --from-literal=(\S+?)=", text))
    named = {values["data"]["metadataSecretName"], values["data"]["resultBackendSecretName"]}
    named |= {values[name] for name in ("fernetKeySecretName", "apiSecretKeySecretName", "jwtSecretName")}
    named |= {each["secretName"] for each in values["secret"]}
    assert named == set(made)
    for name, key in IN_SECRETS.items():
        assert made[values["data"].get(name) or values[name]] == key
    for each in values["secret"]:
        assert f"--from-literal={each['secretKey']}=" in text
    others = re.sub(r"(?m)^\s*#.*|^.*(SecretName|secretName|secretKey):.*", "", text)
    assert not re.search(r"(?i)(password|secret|key): *[^\s~]", others)
