"""The page of the usage of accounts: its months and payers, to those who may read its DAG."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from ovh_sms.dashboard import reading
from support.usage_sample import ACCOUNT, usage_month

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
MONTH = f"account={ACCOUNT}&month=2026-10"


@pytest.fixture(autouse=True)
def _month(web: TestClient) -> None:
    month = usage_month(has_changed=True)
    reading.store().usage.save(month.record, month.lines)


def test_months_payers_and_the_table_are_shown_in_both_languages(web: TestClient, as_person: AsPerson) -> None:
    vic = as_person("vic")
    months = web.get("/ovh-sms/usage", headers=vic).text
    assert "October 2026" in months
    assert "closed; OVH shows other figures since: +3 messages, +3 credits" in months
    page = web.get(f"/ovh-sms/usage?{MONTH}", headers=vic).text
    for shown in ("Marketing", "order 230000007", "Not explained", "Balance on 4 November 2026, 06:00"):
        assert shown in page
    payer = web.get(f"/ovh-sms/usage?{MONTH}&payer=Support&language=fr", headers=vic).text
    assert "Consommation SMS de Support" in payer
    assert "spring1" not in payer
    lines = web.get(f"/ovh-sms/usage.csv?{MONTH}&payer=Support", headers=vic).text.splitlines()
    assert [line.split(";")[3:5] for line in lines[1:]] == [["Support", "helpdesk"]] * 2
    assert web.get(f"/ovh-sms/usage.csv?account={ACCOUNT}&month=2026-01", headers=vic).text.count("\n") == 1


def test_those_who_may_not_read_the_dag_see_nothing(web: TestClient, as_person: AsPerson) -> None:
    for path in ("usage", f"usage?{MONTH}", f"usage.csv?{MONTH}"):
        assert web.get(f"/ovh-sms/{path}", headers=as_person("one")).status_code == 403
    assert "usage" not in web.get("/ovh-sms/campaigns", headers=as_person("one")).text
