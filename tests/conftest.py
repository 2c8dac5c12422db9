"""Before the first Airflow import: an Airflow home of the tests' own, and our folders."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: A file system in memory: thousands of small databases need not wait for a disk.
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 8 * 2**30:
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None
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

#: Folders whose tests start a real Airflow, or many processes of their own: two at a time.
ALONE = [ROOT / "tests" / name for name in ("faults", "integration", "load", "services")]
#: Fixtures that need a service of the machine.
SERVICE_FIXTURES = {"postgresql_server", "chromium"}
#: Tests that compare with OVH's own description of its API, which is not part of the repository.
REFERENCE = ROOT / "tests" / "contract"


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        parents = {*item.path.parents}
        if not parents.isdisjoint(ALONE):
            item.add_marker("alone")
        if ROOT / "tests" / "services" in parents or SERVICE_FIXTURES & {*getattr(item, "fixturenames", ())}:
            item.add_marker("services")
        if REFERENCE in parents:
            item.add_marker("reference")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[pytest.TestReport]:
    """Fail a skipped test in CI, which has everything that a test may need but the reference."""
    report = yield
    excused = hasattr(report, "wasxfail") or item.get_closest_marker("reference")
    if report.skipped and not excused and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which is a failure with CI=true: {report.longrepr}"
    return report
