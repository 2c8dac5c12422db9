"""How many calls of OVH the page of replies shows, and to whom."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from ovh_sms.dashboard import inbox as inbox_page
from ovh_sms.dashboard import reading
from ovh_sms.dashboard.callback_totals import CallbackTotals, totals_of
from ovh_sms.store.callback_records import FORGED, MALFORMED, OVERSIZED, REPLY, Callback, CallbackCount
from ovh_sms.store.callback_tables import callback_counts
from unit.dashboard.conftest import make_dag

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

ACCOUNT = "sms-xx1-1"
REFUSED = Counter({("", "", FORGED): 7, (ACCOUNT, REPLY, MALFORMED): 2, (ACCOUNT, REPLY, OVERSIZED): 1})


@pytest.fixture
def calls(web: TestClient) -> None:
    store = reading.store()
    with store.database.writing() as connection:
        connection.execute(callback_counts.delete())
    new = [Callback(key=f"k{each}", account=ACCOUNT, kind=REPLY, ovh_id=str(each)) for each in range(3)]
    store.callbacks.receive([*new, new[0]], REFUSED)


def table(page: str) -> list[list[str]]:
    found = re.search(r'aria-labelledby="callbacks".*?</section>', page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", found[0], re.DOTALL)[1:] if found else []
    return [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in rows]


def test_the_page_of_replies_shows_calls_received_repeated_and_refused(
    web: TestClient, as_person: Callable[[str], dict[str, str]], calls: None
) -> None:
    make_dag(inbox_page.CALLBACKS_DAG)
    assert table(web.get("/ovh-sms/inbox", headers=as_person("admin")).text) == [
        [ACCOUNT, "replies", "3", "1", "3", "0"],
        ["without a valid secret", "–", "0", "0", "7", "0"],
    ]


def test_who_may_not_read_the_dag_of_callbacks_sees_no_account(
    web: TestClient, as_person: Callable[[str], dict[str, str]], calls: None
) -> None:
    make_dag(inbox_page.CALLBACKS_DAG)
    page = web.get("/ovh-sms/inbox", headers=as_person("one")).text
    assert table(page) == []
    assert ACCOUNT not in page


def test_calls_of_several_days_are_one_row_of_their_account_and_kind() -> None:
    day = date(2026, 3, 1)
    of_days = [
        CallbackCount(day=day + timedelta(days=each), account=ACCOUNT, kind=REPLY, result="stored", calls=each + 1)
        for each in range(3)
    ]
    assert totals_of(of_days) == [
        CallbackTotals(account=ACCOUNT, kind=REPLY, stored=6, repeated=0, refused=0, not_stored=0)
    ]
