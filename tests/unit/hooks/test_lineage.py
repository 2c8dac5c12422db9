"""Names of datasets for OpenLineage, by its rules, and what tasks say that have made nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.openlineage.sqlparser import DatabaseInfo
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from airflow.sdk import Connection
from openlineage.client.naming.dataset import S3, LocalFileSystem, Postgres

from ovh_sms.hooks.lineage import contact_lists, file_dataset, prepared_batch, prepared_list, query_tables, report_file
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from support.sandbox import ROOT

QUERY = "select c.number, o.town from customers c join shop.orders o on o.id = c.id where c.town = 'Bonjour'"
HTTP = {"connection": "crm", "endpoint": "/lists/spring.csv?key=SECRET"}


def named(contacts: Any) -> list[tuple[str, str]]:
    return [(each.namespace, each.name) for each in contact_lists(contacts, "spring")]


@pytest.mark.parametrize(
    ("contacts", "wanted"),
    [
        ("/lists/spring.csv", LocalFileSystem("/lists/spring.csv")),
        ("file:///lists/spring.csv", LocalFileSystem("/lists/spring.csv")),
        ("s3://lists@shop-123456789012/2026/spring?.csv", S3("shop-123456789012", "2026/spring?.csv")),
        ("s3a://shop/spring.csv", S3("shop", "spring.csv")),
    ],
)
def test_a_file_has_the_name_that_openlineage_gives_it(contacts: str, wanted: Any) -> None:
    assert named(contacts) == [(wanted.get_namespace(), wanted.get_name())]


def test_a_list_of_a_server_is_named_by_its_connection_without_the_key_in_its_address() -> None:
    assert named({"http": HTTP}) == [("ovh-sms", "connections/crm/lists/spring.csv")]
    for scheme in ("https", "HTTPS"):
        address = f"{scheme}://user:SECRET@shop.example/spring.csv?key=SECRET"
        assert named(address) == [("https://shop.example", "spring.csv")]


def test_a_resend_reads_the_results_of_its_campaign() -> None:
    assert named({"resend": "r1"}) == [("ovh-sms", "campaigns/spring/results")]


@pytest.mark.parametrize("name", ["06 39 98 00 01.csv", "0639980001.csv", "+33639980001/list.csv", "33639980001.csv"])
def test_a_phone_number_in_a_name_is_masked(name: str) -> None:
    found = file_dataset(f"/lists/{name}").name
    assert "3998" not in found.replace(" ", "")
    assert found.endswith((".csv", "/list.csv"))


@pytest.mark.parametrize("name", ["contacts-20261201-083000.csv", "2026-12-01/spring.csv", "42.csv"])
def test_dates_and_codes_in_a_name_stay(name: str) -> None:
    assert file_dataset(f"/lists/{name}").name == f"/lists/{name}"


class PostgresAlike(SqliteHook):
    """A hook that knows OpenLineage's names of its database, as that of the PostgreSQL provider does."""

    def get_openlineage_database_info(self, connection: Connection) -> DatabaseInfo:
        return DatabaseInfo(
            scheme="postgres", authority=f"{connection.host}:{connection.port}", database=connection.schema
        )


def test_the_tables_of_a_query_are_named_and_nothing_else_of_it() -> None:
    crm = Connection(conn_id="crm", conn_type="postgres", host="db.example.com", port=5432, schema="crm")
    wanted = [
        Postgres("db.example.com", "5432", "crm", *each) for each in (("public", "customers"), ("shop", "orders"))
    ]
    found = query_tables(PostgresAlike(), crm, QUERY)
    assert found == [(each.get_namespace(), each.get_name()) for each in wanted]


def test_tables_of_a_database_without_rules_are_named_by_their_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", '{"conn_type": "sqlite", "host": "/tmp/none.sqlite"}')
    tables = ["connections/crm/customers", "connections/crm/shop.orders"]
    assert named({"sql": {"connection": "crm", "query": QUERY}}) == [("ovh-sms", each) for each in tables]
    assert named({"sql": {"connection": "crm", "query": "not a query"}}) == [("ovh-sms", "connections/crm")]
    assert named({"sql": {"connection": "none", "query": QUERY}}) == [("ovh-sms", "connections/none")]


def test_the_runs_of_a_campaign_have_one_name_on_a_disk_and_in_a_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    assert prepared_list(f"{tmp_path}/spring/abc").name == f"{tmp_path}/spring/**/prepared.json"
    assert prepared_list(f"{tmp_path}/spring/xyz").name == prepared_list(f"{tmp_path}/spring/abc").name
    monkeypatch.setenv("OVH_SMS_DATA", "s3://files@shop/sms")
    for folder in ("abc", "abc/batch_0002"):
        found = report_file(f"s3://files@shop/sms/spring/{folder}/report.html")
        assert (found.namespace, found.name) == ("s3://shop", "sms/spring/**/report.html")


def test_a_list_with_one_batch_has_one_version_as_a_list_and_as_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    one = {"folder": f"{tmp_path}/spring/abc", "accepted": 2}
    made = prepared_list(one["folder"], rows=2, version="d1")
    assert (
        prepared_batch({**one, "digest": "d1"}) == prepared_batch({**one, "digest": "b1", "run_digest": "d1"}) == [made]
    )
    assert prepared_batch(None) == []


def test_a_task_that_was_skipped_or_failed_names_its_inputs_alone() -> None:
    prepare = PrepareContactsOperator(
        task_id="prepare", campaign="spring", contacts="/lists/spring.csv", message="Bonjour", stop_clause=False
    )
    send = SendJobOperator(task_id="send", message="Bonjour", numbers=["+33639980001"], sender="MYSHOP")
    for asked in ("get_openlineage_facets_on_complete", "get_openlineage_facets_on_failure"):
        found = getattr(prepare, asked)(None)
        assert [each.name for each in found.inputs] == ["/lists/spring.csv"]
        assert found.outputs == getattr(send, asked)(None).outputs == []
    assert getattr(send, asked)(None).inputs == []


def test_tasks_that_have_made_something_name_no_output_when_they_fail_afterwards() -> None:
    send = SendJobOperator(task_id="send", message="Bonjour", numbers=["+33639980001"], sender="MYSHOP")
    send.made({"account": "sms-xx12345-1", "campaign": "spring", "submitted": 1})
    (made,) = send.get_openlineage_facets_on_complete(None).outputs
    assert (made.namespace, made.name) == ("ovh-sms://sms-xx12345-1", "campaigns/spring")
    assert send.get_openlineage_facets_on_failure(None).outputs == []


#: Airflow itself reads what the installed provider describes; from then on there is nothing of it.
WITHOUT = """
import sys
from airflow.sdk import BaseOperator
from airflow.sdk.configuration import conf

conf.get("core", "dags_folder")
before = set(sys.modules)

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("openlineage", "airflow.providers.openlineage")):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor

send = SendJobOperator(task_id="send", message="Bonjour", numbers=["+33639980001"], sender="MYSHOP")
print(send.made({"submitted": 1}), [each for each in set(sys.modules) - before if "openlineage" in each])
"""


def test_tasks_work_without_the_packages_of_openlineage() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    done = subprocess.run([sys.executable, "-c", WITHOUT], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["{'submitted': 1} []"], done.stderr[-2000:]
