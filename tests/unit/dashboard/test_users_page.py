"""The page of the users of accounts: states, quotas and differences, to those who may read its DAG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.store.user_records import UserRow

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
ACCOUNT, AT = "sms-sb00001-1", datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
IPS: dict[str, Any] = {"found": ["{ips}", {"ips": "198.51.100.7"}], "applied": ["all", {}]}
GIVEN = {"before": ["{n} left", {"n": "30"}], "after": ["{n} credits for {month}", {"n": "150", "month": "2026-12"}]}


@pytest.fixture(autouse=True)
def _rows(web: TestClient) -> Iterator[None]:
    desk = UserRow(account=ACCOUNT, login="desk", state="update", at=AT, quota=150, quota_left=30)
    desk = replace(desk, changes=[{"name": "quota", "drifted": False, **GIVEN}], drift=[{"name": "ip_limits", **IPS}])
    other = UserRow(account=ACCOUNT, login="other", state="unmanaged", at=AT)
    reading.store().users.record(ACCOUNT, [desk, other])
    yield
    reading.store().users.record(ACCOUNT, [])


def test_users_are_shown_with_what_differs(web: TestClient, as_person: AsPerson) -> None:
    page = web.get("/ovh-sms/users", headers=as_person("vic")).text
    for shown in ("desk", "is to be changed", "quota: 30 left → 150 credits for 2026-12", "in no file"):
        assert shown in page
    assert "IP limits: 198.51.100.7; applied was all" in page
    french = web.get("/ovh-sms/users?language=fr", headers=as_person("vic")).text
    assert "quota: 30 restants → 150 crédits pour 2026-12" in french
    assert "limites d’IP: 198.51.100.7; appliqué : tous" in french


def test_a_difference_that_was_corrected_is_still_shown(web: TestClient, as_person: AsPerson) -> None:
    store = reading.store()
    (desk, other) = store.users.rows(ACCOUNT)
    store.users.record(ACCOUNT, [replace(desk, state="same", changes=[], drift=[]), other])
    page = web.get("/ovh-sms/users", headers=as_person("vic")).text
    assert "as its file wants it" in page
    assert page.index("until ") < page.index("applied was all")


def test_nobody_else_sees_users(web: TestClient, as_person: AsPerson) -> None:
    assert web.get("/ovh-sms/users", headers=as_person("one")).status_code == 403
    assert "Users" not in web.get("/ovh-sms/campaigns", headers=as_person("one")).text
    assert '<a href="users"' in web.get("/ovh-sms/campaigns", headers=as_person("vic")).text


def test_without_users_the_page_says_where_they_come_from(web: TestClient, as_person: AsPerson) -> None:
    reading.store().users.record(ACCOUNT, [])
    assert "sms_accounts compares" in web.get("/ovh-sms/users", headers=as_person("vic")).text
    assert '<a href="users"' not in web.get("/ovh-sms/campaigns", headers=as_person("vic")).text
