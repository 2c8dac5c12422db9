"""Before the first Airflow import: an Airflow home of the tests' own, and our folders."""

from __future__ import annotations

import gc
import os
import shutil
import sys
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

# Airflow's million objects stay: the collector need not read them at every turn.
gc.set_threshold(100_000, 50, 100)

#: Folders whose tests start a real Airflow, or many processes of their own: apart from the others.
ALONE = [ROOT / "tests" / name for name in ("faults", "integration", "load", "services")]
#: Files that take longest, the longest first: they start first, so that none is left over at the end.
LONGEST = [
    ROOT / "tests" / name
    for name in (
        *("faults/test_nothing_twice.py", "integration/test_credits.py", "integration/test_demo.py"),
        *("dags/test_credit_runs.py", "dags/test_hours_campaign.py", "rights_matrix/test_rights_matrix.py"),
        *("model/test_sandbox_histories.py", "unit/test_vocabulary.py"),
    )
]
#: Fixtures that need a service of the machine.
SERVICE_FIXTURES = {"postgresql_server", "chromium"}
#: Tests that compare with OVH's own description of its API, which is not part of the repository.
REFERENCE = ROOT / "tests" / "contract"


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    turns = {path: turn for turn, path in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))
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


@pytest.fixture(autouse=True)
def _no_secrets_of_earlier_tests() -> Iterator[None]:
    """Let Airflow forget the keys of a test's sandbox.

    It makes one pattern of all that it masks: with the keys of thousands of sandboxes that takes most of a test's time.
    """
    yield
    for name in ("airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker"):
        if masker := sys.modules.get(name):
            masker.reset_secrets_masker()
