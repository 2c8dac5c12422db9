"""Rows that users of the account send: never grouped together, and one user's quota keeps nobody else waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError, InsufficientCredits
from ovh_sms.outbox.files import take_files
from ovh_sms.outbox.folder import STILL_WRITTEN, LocalFolder
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, Outbox, sms
from support.users import Account

USER_POST = {"method": "POST", "path": "/sms/*/users/desk/jobs"}


@pytest.fixture
def account(outbox: Outbox) -> Account:
    found = Account(outbox.sandbox)
    found.add_user("desk", quota=10)
    found.add_user("shop")
    return found


def users_by_number(account: Account) -> dict[str, str | None]:
    return {each["receiver"]: each["user"] for each in account.messages}


def test_rows_of_two_users_are_never_grouped_together(outbox: Outbox, account: Account) -> None:
    outbox.queue(sms(0, user="desk"), sms(1, user="desk"), sms(2, user="shop"), sms(3))
    made = outbox.send()
    assert (made.groups, made.by_state["submitted"]) == (3, 4)
    assert users_by_number(account) == {NUMBERS[0]: "desk", NUMBERS[1]: "desk", NUMBERS[2]: "shop", NUMBERS[3]: None}
    assert account.quota("desk") == 8
    assert len({outbox.row(at).group_tag for at in (0, 2, 3)}) == 3


def test_a_key_stands_for_one_user(outbox: Outbox, account: Account) -> None:
    outbox.queue(sms(user="desk"))
    with pytest.raises(ConfigurationError, match="another SMS"):
        outbox.queue(sms(user="shop"))


def test_a_quota_that_does_not_suffice_keeps_nobody_else_waiting(outbox: Outbox, account: Account) -> None:
    account.set_quota(1)
    outbox.queue(sms(0, user="desk"), sms(1, user="desk"), sms(2, user="shop"), sms(3))
    with pytest.raises(InsufficientCredits, match="the quota of the user desk holds 1") as refused:
        outbox.send()
    assert "Raise that quota by at least 1" in refused.value.action
    assert set(users_by_number(account)) == {NUMBERS[2], NUMBERS[3]}
    assert outbox.row(0).state == "pending"


def test_a_row_of_a_user_that_is_not_there_is_refused(outbox: Outbox, account: Account) -> None:
    outbox.queue(sms(0, user="nobody"), sms(1))
    outbox.send()
    assert (outbox.row(0).state, outbox.row(0).reason) == ("refused", "no_user")
    assert outbox.row(1).state == "submitted"


@pytest.mark.parametrize("login", ["desk", "shop"])
@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
def test_a_lost_answer_is_reconciled_among_the_users_messages(
    outbox: Outbox, account: Account, leaping: LeapingTime, login: str, kind: str
) -> None:
    outbox.queue(sms(0, user=login), sms(1, user=login))
    outbox.sandbox.fault(kind, method="POST", path=f"/sms/*/users/{login}/jobs")
    outbox.send()
    outbox.settle()
    assert outbox.states() == {"submitted": 2}
    assert sorted(outbox.sent().values()) == [1, 1]
    assert set(users_by_number(account).values()) == {login}


def test_a_file_names_the_user_of_each_row(outbox: Outbox, account: Account, tmp_path: Path) -> None:
    rows = ["key;receiver;message;sender;stop_clause;user", f"a;{NUMBERS[0]};Bonjour;MYSHOP;false;desk"]
    rows += [f"b;{NUMBERS[1]};Bonjour;MYSHOP;false;", f"c;{NUMBERS[2]};Bonjour;MYSHOP;false;no login"]
    path = tmp_path / "drop" / "rows.csv"
    path.parent.mkdir()
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    SystemClock().sleep((2 * STILL_WRITTEN).total_seconds())
    taken = take_files(outbox.store, LocalFolder(path.parent), outbox.clock, allow_fiction=True)
    assert (taken.queued, taken.rejected) == (2, 1)
    outbox.send()
    assert users_by_number(account) == {NUMBERS[0]: "desk", NUMBERS[1]: None}
