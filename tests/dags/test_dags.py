"""The folder of DAGs as Airflow reads it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    *("sms_campaign_cancel", "sms_campaign_guide", "sms_campaign_report", "sms_retention"),
    *("sms_credits_topup", "sms_credits_balance", "sms_replies", "sms_callbacks", "sms_opt_outs", "sms_outbox"),
    "sms_accounts",
    "sms_usage_monthly",
}
Bag = Callable[[Path | None], "object"]


@pytest.fixture(scope="session", autouse=True)
def database() -> None:
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def bag(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bag]:
    from airflow.dag_processing.dagbag import DagBag

    def read(include: Path | None = None) -> object:
        if include is not None:
            monkeypatch.setenv("OVH_SMS_INCLUDE", str(include))
            monkeypatch.setenv("OVH_SMS_DATA", str(include / "data"))
        return DagBag(dag_folder=str(ROOT / "dags"))

    return read


def test_exactly_the_dags_that_the_readme_names(bag) -> None:
    found = bag()
    assert found.import_errors == {}
    assert set(found.dags) == EXPECTED
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for dag_id in {*EXPECTED, "sms_campaign_<name>"} - {"sms_campaign_guide"}:
        assert f"`{dag_id}`" in readme


def test_every_dag_says_what_a_person_on_call_needs(bag) -> None:
    for dag in bag().dags.values():
        for heading in ("**Purpose**", "**Spends credits?**", "**Triage**"):
            assert heading in dag.doc_md, dag.dag_id
        assert dag.tags >= {"sms"}
        assert not dag.catchup
        assert not dag.render_template_as_native_obj  # it turns "+336…" into a number


def test_every_dag_can_be_kept_by_the_scheduler(bag) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in bag().dags.values():
        kept = DagSerialization.to_dict(dag)
        assert {task["__var"]["task_id"] for task in kept["dag"]["tasks"]} == set(dag.task_ids)


def test_the_order_of_a_campaign(bag) -> None:
    dag = bag().dags["sms_campaign_guide"]
    assert [task.task_id for task in dag.topological_sort()] == [
        "prepare",
        "preflight",
        "split_into_batches",
        "upload_receivers",
        "send",
        "free_receivers",
    ]
    assert dag.max_active_runs == 1
    assert dag.get_task("upload_receivers").is_setup
    assert dag.get_task("free_receivers").is_teardown
    assert all(task.has_retry_policy for task in dag.tasks)
    assert {task.task_id for task in dag.tasks if task.is_mapped or task.get_closest_mapped_task_group()} == {
        "upload_receivers",
        "send",
        "free_receivers",
    }


#: Tasks that ask OVH nothing, so that they need no turn; and the one that must not queue behind what it stops.
ASK_NOTHING = {
    "purge",
    "publish",
    "split_into_batches",
    "campaign.report",
    "sent_campaigns",
    "cancel",
    "default.approve",
    *("announce", "every_account", "other_accounts"),
}


def test_each_batch_is_labelled_with_its_campaign_and_its_number(bag) -> None:
    from dataclasses import fields

    from jinja2 import Environment, StrictUndefined

    from ovh_sms.contacts.prepared_list import Batch

    prepared = {each.name: each.name for each in fields(Batch)} | {"batch": 2, "of": 3, "zones": ["Europe/Paris"]}
    for name in ("upload_receivers", "send", "free_receivers"):
        label = bag().dags["sms_campaign_guide"].get_task(name).map_index_template
        shown = Environment(undefined=StrictUndefined).from_string(label)
        assert shown.render(task={"prepared": prepared}) == "guide · 2 of 3"


@pytest.mark.parametrize(("task_id", "given"), [("collect", "submission"), ("report", "collected")])
def test_each_report_is_labelled_with_its_campaign(bag, task_id: str, given: str) -> None:
    from dataclasses import fields

    from jinja2 import Environment, StrictUndefined

    from ovh_sms.sending.collect import Collected
    from ovh_sms.sending.submission import Submission

    handed_on = {each.name: None for each in fields({"submission": Submission, "collected": Collected}[given])}
    label = bag().dags["sms_campaign_report"].get_task(f"campaign.{task_id}").map_index_template
    shown = Environment(undefined=StrictUndefined).from_string(label)
    several = {**handed_on, "campaign": "spring", "batch": 2, "batches": 3}
    assert shown.render(task={given: several}) == "spring · 2 of 3"
    assert shown.render(task={given: {**several, "batch": 1, "batches": 1}}) == "spring"


@pytest.mark.parametrize("dag_id", ["sms_replies", "sms_callbacks"])
def test_the_replies_are_red_if_those_of_an_account_could_not_be_read(bag, dag_id: str) -> None:
    """Airflow takes the state of a run from its last tasks."""
    dag = bag().dags[dag_id]
    last = {task.task_id: task for task in dag.leaves}
    alone = {"other_accounts"} if dag_id == "sms_callbacks" else set()
    assert set(last) == {"announce", "every_account"} | alone
    assert (last["announce"].trigger_rule, last["every_account"].trigger_rule) == ("all_done", "all_success")
    reading = ("CollectRepliesOperator", "HandleCallbacksOperator")
    collecting = {task.task_id for task in dag.tasks if task.task_type in reading}
    assert last["every_account"].upstream_task_ids == last["announce"].upstream_task_ids == collecting != set()


def test_every_task_that_asks_ovh_runs_in_the_pool_that_is_named(bag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_POOL", "ovh_sms")
    tasks = [task for dag in bag().dags.values() for task in dag.tasks]
    assert len(tasks) == 29
    assert {task.task_id for task in tasks if task.pool != "ovh_sms"} == ASK_NOTHING
    monkeypatch.delenv("OVH_SMS_POOL")
    assert {task.pool for dag in bag().dags.values() for task in dag.tasks} == {"default_pool"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schedule: null", "schedule: 2026-13-45"),
        ("budget: 10 ", "max_lateness_hours: .inf\nbudget: 10 "),
        ("budget: 10 ", "budget: .inf "),
        ("budget: 10 ", "budget: 10\nbudget: 99999 "),
    ],
)
def test_values_that_break_python_break_one_campaign_only(bag, tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(ROOT / "include" / "campaigns", tmp_path / "campaigns")
    guide = (tmp_path / "campaigns" / "guide.yaml").read_text(encoding="utf-8")
    assert old in guide
    (tmp_path / "campaigns" / "spring.yaml").write_text(guide.replace(old, new), encoding="utf-8")
    found = bag(tmp_path)
    assert [Path(name).name for name in found.import_errors] == ["sms_campaign_files.py"]
    assert set(found.dags) == EXPECTED | {"sms_broken_spring"}
    assert "spring.yaml" in found.dags["sms_broken_spring"].doc_md


@pytest.mark.parametrize("name", ["report", "cancel"])
def test_a_campaign_with_the_name_of_another_dag_does_not_stand_in_for_it(bag, tmp_path: Path, name: str) -> None:
    shutil.copytree(ROOT / "include" / "campaigns", tmp_path / "campaigns")
    shutil.copy(tmp_path / "campaigns" / "guide.yaml", tmp_path / "campaigns" / f"{name}.yaml")
    found = bag(tmp_path)
    assert [Path(name).name for name in found.import_errors] == ["sms_campaign_files.py"]
    assert set(found.dags) == EXPECTED | {f"sms_broken_{name}"}
    assert found.dags[f"sms_campaign_{name}"].fileloc.endswith(f"sms_campaign_{name}.py")
    assert f"taken by the DAG sms_campaign_{name}" in found.dags[f"sms_broken_{name}"].doc_md


def test_a_campaign_that_fails_halfway_is_broken() -> None:
    from airflow.sdk import DAG

    from ovh_sms.campaign.yaml_files import NamedFile
    from ovh_sms.dag_factories.invalid_file import made_of_file

    def make(it: NamedFile) -> DAG:
        with DAG(f"sms_campaign_{it.name}", schedule=None, auto_register=False):
            raise OverflowError("too far away")

    made = made_of_file(NamedFile(name="spring"), make)
    assert "spring.yaml: cannot be used: OverflowError: too far away" in str(made.error)


def test_the_form_that_triggers_a_campaign_asks_for_force_alone_and_names_the_last_cost(bag, tmp_path: Path) -> None:
    from ovh_sms.campaign.last_run import LastRun, keep_last_run

    dag = campaign_dag(bag, tmp_path, "schedule: null")
    assert list(dag.params) == ["force"]
    field = dag.params.get_param("force")
    assert (field.value, field.schema["type"]) == (False, "boolean")
    assert "The last run" not in field.description + dag.doc_md
    for day, people in ((28, 9815), (27, 5)):
        run = LastRun(sent_at=datetime(2026, 11, day, 8, tzinfo=UTC), people=people, credits=people + 5)
        keep_last_run("spring", run)
    dag = bag(tmp_path).dags["sms_campaign_spring"]
    cost = "The last run with a report, of Sat 2026-11-28 09:00, went to 9,815 people for 9,820 credits."
    assert cost in dag.params.get_param("force").description
    assert cost in dag.doc_md


def test_no_campaign_registers_itself_before_it_is_whole(bag) -> None:
    assert bag().dags["sms_campaign_guide"].auto_register is False


def test_reports_that_wait_for_days_do_not_hold_up_the_next(bag) -> None:
    assert bag().dags["sms_campaign_report"].max_active_runs >= 1000


def test_a_schedule_is_a_cron_in_the_campaigns_zone(bag, tmp_path: Path) -> None:
    timetable = campaign_dag(bag, tmp_path, "schedule: '30 9 * * 2'\ntimezone: Indian/Reunion").timetable
    assert timetable.expression == "30 9 * * 2"
    assert str(timetable.timezone) == "Indian/Reunion"


def campaign_dag(bag, folder: Path, schedule: str):
    (folder / "campaigns").mkdir(parents=True)
    guide = (ROOT / "include" / "campaigns" / "guide.yaml").read_text(encoding="utf-8")
    text = guide.replace("schedule: null", schedule)
    if "night:" in schedule:
        text = text.replace("night: send", "#")
    (folder / "campaigns" / "spring.yaml").write_text(text, encoding="utf-8")
    return bag(folder).dags["sms_campaign_spring"]


def test_send_at_plans_one_run_once(bag, tmp_path: Path) -> None:
    import pendulum
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    dag = campaign_dag(bag, tmp_path, "send_at: 2099-12-05 10:00\ntimezone: Indian/Reunion")
    kept = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    unlimited = TimeRestriction(earliest=pendulum.datetime(2026, 1, 1), latest=None, catchup=False)
    first = kept.next_dagrun_info(last_automated_data_interval=None, restriction=unlimited)
    assert first.run_after == pendulum.datetime(2099, 12, 5, 6)
    assert kept.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=unlimited) is None


def test_a_schedule_outside_of_the_hours_says_when_its_messages_leave(bag, tmp_path: Path) -> None:
    dag = campaign_dag(bag, tmp_path, "schedule: '30 5 * * *'\nnight: hold")
    assert "**Outside of the hours**" not in campaign_dag(bag, tmp_path / "open", "schedule: '30 9 * * *'").doc_md
    assert "05:30: its messages leave on" in dag.doc_md


def test_a_schedule_that_would_never_send_is_an_invalid_file(bag, tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    guide = (ROOT / "include" / "campaigns" / "guide.yaml").read_text(encoding="utf-8")
    text = guide.replace("schedule: null", "schedule: '30 20 * * 5'").replace("kind: transactional", "kind: marketing")
    text = text.replace("night: send", "#")
    (tmp_path / "campaigns" / "friday.yaml").write_text(text, encoding="utf-8")
    assert "would never send anything" in bag(tmp_path).dags["sms_broken_friday"].description


def test_an_asset_starts_a_campaign(bag, tmp_path: Path) -> None:
    dag = campaign_dag(bag, tmp_path, "schedule: {asset: contacts_of_the_day}")
    assert [asset.name for asset in dag.timetable.asset_condition.objects] == ["contacts_of_the_day"]


PROBE = """
import sys, runpy, glob
import airflow.sdk
for name in sorted(glob.glob({dags!r})):
    runpy.run_path(name)
print(sorted(set(sys.modules) & {{"pandas", "pyarrow", "ovh", "plotly", "phonenumbers", "boto3"}}))
"""


def test_reading_the_dags_loads_nothing_heavy() -> None:
    code = PROBE.format(dags=str(ROOT / "dags" / "*.py"))
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={
            "PYTHONPATH": str(ROOT / "plugins"),
            "PATH": "/usr/bin:/bin",
            "AIRFLOW_HOME": str(ROOT / "build" / "probe"),
            "OVH_SMS_DATA": str(ROOT / "build" / "probe" / "data"),
        },
    )
    assert found.stdout.splitlines()[-1] == "[]"
