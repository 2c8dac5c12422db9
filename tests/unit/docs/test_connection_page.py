"""docs/connection.md against form and pool; every connection shown is complete."""

from __future__ import annotations

import re

import pytest

from ovh_sms.hooks.connection import LABELS, connection_settings
from support.pages import chapter, table, text


def test_every_field_of_the_connection_form_is_described() -> None:
    described = table(chapter(text("connection.md"), "The form"))
    described.pop("Field")
    assert set(described) == set(LABELS.values())
    special = {"application_key": "`login`", "application_secret": "`password`"}
    for name, label in LABELS.items():
        assert described[label][0] == special.get(name, f"`{name}` in `extra`")


def test_the_pool_shown_is_the_one_that_is_made_everywhere() -> None:
    from ovh_demo.local_airflow import POOL, POOL_SLOTS

    ((made, slots), *more) = re.findall(r"airflow pools set (\w+) (\d+)", text("connection.md"))
    assert not more
    assert (made, int(slots)) == (POOL, POOL_SLOTS)
    assert re.findall(r"export OVH_SMS_POOL=(\w+)", text("connection.md")) == [POOL]


def connections(name: str) -> list[tuple[str, str]]:
    found = re.findall(r"export AIRFLOW_CONN_(\w+)='([^']+)'", text(name))
    return [(conn_id.lower(), value) for conn_id, value in found]


def test_the_connections_shown_are_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    shown = [*connections("connection.md"), *connections("sandbox.md")]
    assert len(shown) == 4
    for conn_id, value in shown:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)
        settings = connection_settings(BaseHook.get_connection(conn_id))
        assert settings.account.startswith("sms-")


def test_the_results_connection_shown_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    from ovh_sms.hooks.store import connection_url

    ((conn_id, value),) = connections("results-and-report.md")
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)
    url = connection_url(BaseHook.get_connection(conn_id))
    assert url == "postgresql://sms:PASSWORD@db.example.com/sms?sslmode=require"
