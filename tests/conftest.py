"""What every test needs before the first Airflow import: an Airflow home of its own and our folders."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOME = tempfile.mkdtemp(prefix="ovh_sms_tests_")

os.environ.update(
    AIRFLOW_HOME=HOME,
    OVH_SMS_DATA=f"{HOME}/data",
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES="consumer_key,application_key",
)
for name in [key for key in os.environ if key.startswith(("OVH_APP", "OVH_CONSUMER", "OVH_ENDPOINT"))]:
    del os.environ[name]

#: Folders in which nothing runs beside a test: they start a real Airflow, or many processes of their own.
ALONE = [ROOT / "tests" / "faults", ROOT / "tests" / "integration"]


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not {*ALONE}.isdisjoint(item.path.parents):
            item.add_marker("alone")
