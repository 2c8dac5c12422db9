"""A thousand campaign files: all of them are DAGs, and the process of a task opens its own file only."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from support.own_airflow import ROOT

FILE = """\
kind: transactional
night: send
sender: MYSHOP
message: Bonjour de NAME
contacts: {file: contacts/list.csv}
budget: 10
"""
MANY = 1000


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_INCLUDE", str(tmp_path))
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    for name in ("campaigns", "contacts", "accounts"):
        (tmp_path / name).mkdir()
    (tmp_path / "accounts" / "main.yaml").write_text("dead_after: 3\n")
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file of a name ending in ``.yaml`` is read."""
    counted: Counter[str] = Counter()
    read = Path.read_text

    def count(path: Path, *args, **kwargs) -> str:
        counted.update([path.name] if path.suffix == ".yaml" else [])
        return read(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", count)
    return counted


def write(include: Path, name: str, text: str = FILE) -> None:
    (include / "campaigns" / f"{name}.yaml").write_text(text.replace("NAME", name))


def dags_of(file: str, monkeypatch: pytest.MonkeyPatch, *, task_of: str | None = None):
    """The DAGs of a DAG file; ``task_of``: as the process of a task of that DAG gets them."""
    from airflow.dag_processing.dagbag import DagBag

    if task_of is not None:
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", task_of)
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "send")
    found = DagBag(dag_folder=str(ROOT / "dags" / file))
    assert found.import_errors == {}
    return found.dags


def test_a_thousand_files_are_a_thousand_dags_and_a_broken_one_shows_its_error(
    include: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"c{number:03d}" for number in range(MANY)]
    for name in names:
        write(include, name)
    write(include, "c500", FILE.replace("sender:", "sendr:"))
    dags = dags_of("sms_campaigns.py", monkeypatch)
    assert set(dags) == {f"sms_campaign_{name}" for name in names if name != "c500"} | {"sms_broken_c500"}
    assert "unknown field `sendr`" in dags["sms_broken_c500"].description
    assert dags["sms_campaign_c999"].get_task("send").message == "Bonjour de c999"
    assert set(opened.values()) == {1}  # the account file too
    assert len(opened) == MANY + 1


def test_the_process_of_a_task_opens_the_file_of_its_campaign_as_it_is_now(
    include: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("autumn", "spring", "summer"):
        write(include, name)
    assert set(dags_of("sms_campaigns.py", monkeypatch, task_of="sms_campaign_spring")) == {"sms_campaign_spring"}
    assert opened == {"spring.yaml": 1, "main.yaml": 1}
    write(include, "spring", FILE.replace("Bonjour", "Bonsoir"))
    dags = dags_of("sms_campaigns.py", monkeypatch, task_of="sms_campaign_spring")
    assert dags["sms_campaign_spring"].get_task("send").message == "Bonsoir de spring"


@pytest.mark.parametrize("task_of", ["sms_campaign_spring", "sms_broken_spring"])
def test_the_process_of_a_task_whose_file_was_saved_broken_gets_its_error_and_the_version_before(
    include: Path, monkeypatch: pytest.MonkeyPatch, task_of: str
) -> None:
    write(include, "summer")
    write(include, "spring")
    dags_of("sms_campaigns.py", monkeypatch)
    write(include, "spring", FILE.replace("sender:", "sendr:"))
    dags = dags_of("sms_campaigns.py", monkeypatch, task_of=task_of)
    assert set(dags) == {"sms_broken_spring", "sms_campaign_spring"}
    assert "unknown field `sendr`" in dags["sms_campaign_spring"].get_task("prepare").file_error


def test_two_files_of_one_name_are_refused_in_the_process_of_a_task_too(
    include: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(include, "spring")
    (include / "campaigns" / "spring.yml").write_text(FILE)
    assert set(dags_of("sms_campaigns.py", monkeypatch, task_of="sms_campaign_spring")) == {"sms_broken_spring"}


@pytest.mark.parametrize("file", ["sms_campaigns.py", "sms_campaign_files.py"])
def test_a_process_of_a_dag_of_another_file_opens_no_campaign(
    include: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    write(include, "spring", FILE.replace("sender:", "sendr:"))
    assert dags_of(file, monkeypatch, task_of="sms_replies") == {}
    assert not opened


def test_the_field_of_the_form_is_the_dags_and_no_tasks(include: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(include, "spring")
    dag = dags_of("sms_campaigns.py", monkeypatch)["sms_campaign_spring"]
    assert set(dag.params) == {"force"}
    assert not any(task.params for task in dag.tasks)
