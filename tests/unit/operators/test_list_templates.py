"""Templates of a campaign file's contact list, filled in as Airflow does before a task runs: no password is reached."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType, TIRunContext
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.dag_factories.campaign import campaign_dag
from ovh_sms.errors import ContactsError
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator

SECRET = "hunter2"
PLANNED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", f'{{"conn_type": "sqlite", "login": "me", "password": "{SECRET}"}}')
    monkeypatch.setenv("AIRFLOW_VAR_TOKEN", SECRET)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", f'{{"conn_type": "ovh_sms", "password": "{SECRET}"}}')


def rendered(task: BaseOperator, *, planned: datetime | None = PLANNED, **conf: Any) -> Any:
    """The task with its fields filled in, by Airflow's own way from a run to a task's context."""
    run = DagRun(
        dag_id=task.dag_id,
        run_id="run_1",
        logical_date=planned,
        data_interval_start=planned,
        data_interval_end=planned,
        run_after=PLANNED,
        start_date=PLANNED,
        end_date=None,
        run_type=DagRunType.SCHEDULED if planned else DagRunType.MANUAL,
        state=DagRunState.RUNNING,
        conf=conf,
        consumed_asset_events=[],
        partition_key=None,
    )
    instance = RuntimeTaskInstance.model_construct(
        id=uuid4(),
        task_id=task.task_id,
        dag_id=task.dag_id,
        run_id=run.run_id,
        try_number=1,
        map_index=-1,
        task=task,
        bundle_instance=Mock(),  # of the DAGs' files; no template needs them
        start_date=PLANNED,
    )
    instance._ti_context_from_server = TIRunContext(dag_run=run, max_tries=0)
    instance.render_templates()
    return instance.task


def campaign_task(folder: Path, contacts: str) -> BaseOperator:
    path = folder / "campaigns" / "spring.yaml"
    path.parent.mkdir()
    text = f"sender: MYSHOP\nkind: marketing\nmessage: '{{{{ ds }}}}'\nbudget: 5\ncontacts:\n{contacts}"
    path.write_text(text, encoding="utf-8")
    found: BaseOperator = campaign_dag(load_file(path, Campaign), folder).get_task("prepare")
    return found


def sql(query: str) -> str:
    return f'  sql:\n    connection: crm\n    query: "{query}"\n'


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("'{{ ds }}'", "'2026-11-24'"),
        ("'{{ dag_run.run_after.strftime('%Y-%m') }}'", "'2026-11'"),
        ("{{ data_interval_end.year }} {{ run_id }}", "2026 run_1"),
        ("{{ dag_run.conf['shop'] }}", "Lyon"),
        ("{{ params.shop }}", "Lyon"),
        ("{{ macros.ds_add(ds, -7) }}", "2026-11-17"),
        ("{% if dag_run.run_type == 'scheduled' %}a{% endif %}", "a"),
        ("{{ logical_date | ds_nodash }}", "20261124"),
    ],
)
def test_the_run_its_dates_and_params_are_reached(tmp_path: Path, query: str, shown: str) -> None:
    task = campaign_task(tmp_path, sql(query))
    task.dag.params["shop"] = "Paris"
    done = rendered(task, shop="Lyon")
    assert done.contacts == {"sql": {"connection": "crm", "query": shown}}
    assert done.message == "{{ ds }}"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("'{{ ds }}'", "ds"),
        ("{{ macros.ds_add(ts_nodash, -7) }}", "ts_nodash"),
        ("{{ data_interval_end.year }}", "data_interval_end"),
        ("{{ dag_run.logical_date.year }}", "logical_date"),
    ],
)
def test_a_date_that_a_run_by_hand_lacks_is_named_with_the_one_that_it_has(
    tmp_path: Path, query: str, named: str
) -> None:
    with pytest.raises(ContactsError) as caught:
        rendered(campaign_task(tmp_path, sql(query)), planned=None)
    assert f"Nothing was prepared. Airflow gives {named} to a planned run" in str(caught.value)
    assert "Write {{ dag_run.run_after.strftime('%Y-%m-%d') }}" in str(caught.value)


def test_the_date_that_the_error_names_is_there_in_a_run_by_hand(tmp_path: Path) -> None:
    query = "{{ dag_run.run_after.strftime('%Y-%m-%d') }}"
    assert rendered(campaign_task(tmp_path, sql(query)), planned=None).contacts["sql"]["query"] == "2026-11-24"


def test_another_unknown_name_in_a_run_by_hand_is_no_missing_date(tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match="no connection, Variable or task"):
        rendered(campaign_task(tmp_path, sql("{{ conn.crm }}")), planned=None)


@pytest.mark.parametrize(
    "secret",
    [
        "{{ conn.crm.password }}",
        "{{ conn.get('crm').password }}",
        "{{ var.value.token }}",
        "{{ var.value.get('token', 'x') }}",
        "{{ var.json.token }}",
        "{{ ti.get_template_context()['conn'].crm.password }}",
        "{{ task_instance.get_template_context()['var']['value'].token }}",
        "{{ task.hook.settings }}",
        "{{ dag.get_task('prepare').hook.settings }}",
        "{{ macros.uuid.os.environ['AIRFLOW_CONN_CRM'] }}",
        "{{ macros.json.codecs.builtins.open('/etc/passwd').read() }}",
        "{{ dag_run.parse_file('/etc/passwd') }}",
        "{{ dag_run.__class__.__init__.__globals__ }}",
        "{{ params.__class__.__mro__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ self._TemplateReference__context }}",
        "{% include 'spring.yaml' %}",
        "{{ no_such_name }}",
    ],
)
@pytest.mark.parametrize("field", ["query", "endpoint", "file", "suppress"])
def test_nothing_else_is_reached(
    tmp_path: Path, secret: str, field: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    contacts = {
        "query": sql(secret),
        "endpoint": f'  http: {{connection: crm, endpoint: "{secret}"}}\n',
        "file": f'  file: "{secret}"\n',
        "suppress": f'  file: a.csv\n  suppress: ["{secret}"]\n',
    }[field]
    with pytest.raises(ContactsError, match=r"cannot be filled in.*Nothing was prepared") as caught:
        rendered(campaign_task(tmp_path, contacts))
    output = capsys.readouterr()
    assert SECRET not in str(caught.value) + caplog.text + output.out + output.err
    assert caught.value.__cause__ is None


def test_the_output_of_an_earlier_task_may_be_the_list() -> None:
    with DAG("by_hand", schedule=None) as dag:
        before: Any = BaseOperator(task_id="before")
        task = PrepareContactsOperator(
            task_id="prepare", campaign="spring", contacts=before.output, message="x", stop_clause=False
        )
    assert task.contacts.operator is before
    resolved = Mock(return_value="lists/a.csv")
    task.contacts = SimpleNamespace(resolve=resolved)
    assert rendered(dag.get_task("prepare")).contacts == "lists/a.csv"
    assert {"ti", "conn"} <= resolved.call_args.args[0].keys()


def test_connection_and_account_keep_the_names_of_airflow() -> None:
    with DAG("by_hand", schedule=None):
        task = PrepareContactsOperator(
            task_id="prepare",
            campaign="spring",
            contacts="a.csv",
            message="x",
            stop_clause=False,
            account="{{ var.value.token }}",
        )
    assert rendered(task).account == SECRET


def test_a_native_dag_fills_in_text_too() -> None:
    with DAG("by_hand", schedule=None, render_template_as_native_obj=True):
        task = PrepareContactsOperator(
            task_id="prepare", campaign="spring", contacts="{{ 1 + 1 }}", message="x", stop_clause=False
        )
    assert rendered(task).contacts == "2"
    with DAG("by_hand", schedule=None, render_template_as_native_obj=True):
        task = PrepareContactsOperator(
            task_id="prepare", campaign="spring", contacts="{{ ''.__class__.__mro__ }}", message="x", stop_clause=False
        )
    with pytest.raises(ContactsError):
        rendered(task)
