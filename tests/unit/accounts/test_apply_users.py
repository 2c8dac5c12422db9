"""Users come to what their file wants, once each, and their quotas are given once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ovh_sms.errors import ConfigurationError, InsufficientCredits, OvhSmsError, Unavailable, UsersNotApproved
from unit.accounts.desk import CHANGE, CREATE, DELETE, UserDesk

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")

FULL = {
    "quota": 150,
    "alert": {"below": 20, "email": "desk@shop.example", "number": "+33 6 39 98 00 01"},
    "receipts_to": "https://shop.example/dlr",
    "ip_limits": ["192.0.2.1"],
}
FIVE = {
    "desk": FULL,
    "shop": {"quota": 100},
    "night": {"alert": "off", "receipts_to": "off"},
    "web": {"opt_outs_to": "https://shop.example/stop"},
    "bare": {},
}


def test_five_users_are_created_once_and_the_second_time_nothing_is_written(desk: UserDesk) -> None:
    made = desk.apply(FIVE)
    assert made.to_xcom() == {"account": desk.account, "create": 5, "update": 3, "delete": 0}
    assert desk.left() == 750
    assert desk.truth()["desk"]["quota_left"] == 150
    writes = desk.writes()
    assert writes == 8
    assert desk.apply(FIVE).writes == {}
    assert desk.writes() == writes
    found = desk.client.users.read("desk")
    assert (found.alert.threshold, found.alert.support) == (20, "both")
    assert [found.receipts_to, found.ip_limits] == ["https://shop.example/dlr", ["192.0.2.1"]]


def test_what_a_user_has_spent_is_not_given_again(desk: UserDesk) -> None:
    desk.apply({"desk": {"quota": 150}})
    spend(desk, "desk", 30)
    assert desk.apply({"desk": {"quota": 150}}).writes == {}
    assert desk.truth()["desk"]["quota_left"] == 120
    desk.apply({"desk": {"quota": 200}})
    assert desk.truth()["desk"]["quota_left"] == 200
    assert desk.left() == 1000 - 30 - 200
    desk.apply({"desk": {"quota": 150}})
    assert (desk.truth()["desk"]["quota_left"], desk.left()) == (150, 820)


def test_a_monthly_quota_is_given_once_a_month(desk: UserDesk) -> None:
    wanted = {"desk": {"quota": 150, "refill": "monthly"}}
    desk.apply(wanted)
    spend(desk, "desk", 30)
    assert desk.apply(wanted).writes == {}
    desk.sandbox.clock(offset=timedelta(days=31).total_seconds())
    assert desk.apply(wanted).writes == {"update": 1}
    assert desk.truth()["desk"]["quota_left"] == 150
    assert desk.apply(wanted).writes == {}


def test_quotas_above_the_credits_are_refused_before_anything_is_written(desk: UserDesk) -> None:
    with pytest.raises(InsufficientCredits, match=r"take 1100 credits out of .*, which holds 1000"):
        desk.apply({"desk": {"quota": 600}, "shop": {"quota": 500}})
    assert desk.writes() == 0
    assert desk.truth() == {}


def test_unmanaged_users_stay_and_an_absent_one_is_deleted_once(desk: UserDesk) -> None:
    for login in ("other", "old"):
        desk.client.users.create(login, "Secret01")
    wanted = {"old": {"absent": True}}
    assert [(each.login, each.state) for each in desk.compare(wanted).users] == [
        ("old", "delete"),
        ("other", "unmanaged"),
    ]
    assert desk.apply(wanted).writes == {"delete": 1}
    assert desk.apply(wanted).writes == {}
    assert set(desk.truth()) == {"other"}


def test_a_difference_at_ovh_is_reported_and_corrected_but_a_quota_stays(desk: UserDesk) -> None:
    from ovh_sms.api.models_users import UserChanges

    desk.apply({"desk": FULL})
    desk.client.users.change("desk", UserChanges(ip_limits=(), quota_left=170))
    (found,) = desk.compare({"desk": FULL}).users
    assert [*map(str, found.drift)] == [
        "ip_limits: all, applied was 192.0.2.1",
        "quota: 170 left, applied was 150 credits",
    ]
    assert found.lines == ["ip_limits: all -> 192.0.2.1 (changed at OVH)"]
    assert desk.apply({"desk": FULL}).writes == {"update": 1}
    assert desk.truth()["desk"]["quota_left"] == 170
    (row,) = desk.store.users.rows(desk.account)
    assert (row.state, [each["name"] for each in row.drift]) == ("same", ["quota"])


def test_a_user_that_was_deleted_at_ovh_is_created_again_with_its_quota(desk: UserDesk) -> None:
    desk.apply({"desk": {"quota": 150}})
    desk.sandbox.clock(advance=3600)
    desk.client.users.delete("desk")
    (found,) = desk.compare({"desk": {"quota": 150}}).users
    assert (found.state, str(found.drift[0])) == ("create", "deleted at OVH")
    assert desk.apply({"desk": {"quota": 150}}).writes == {"create": 1, "update": 1}
    assert (desk.truth()["desk"]["quota_left"], desk.left()) == (150, 850)


def test_a_user_that_ovh_does_not_show_yet_is_not_created_again(desk: UserDesk) -> None:
    desk.apply({"desk": {}})
    desk.client.users.delete("desk")  # so that OVH does not show it
    with pytest.raises(Unavailable, match="does not show the user desk yet"):
        desk.apply({"desk": {}})
    assert desk.sandbox.calls("POST /sms/{serviceName}/users") == 1
    desk.sandbox.clock(advance=3600, offset=3600)
    assert desk.apply({"desk": {}}).writes == {"create": 1}


def test_only_what_was_approved_is_changed(desk: UserDesk) -> None:
    asked = desk.compare({"desk": {"quota": 100}}).steps
    with pytest.raises(UsersNotApproved, match="desk"):
        desk.apply({"desk": {"quota": 101}}, approved=asked)
    assert desk.writes() == 0
    desk.apply({"desk": {"quota": 100}}, approved=asked)
    assert desk.truth()["desk"]["quota_left"] == 100


def test_what_somebody_changes_while_the_approved_changes_are_made_is_not_changed_back(desk: UserDesk) -> None:
    from ovh_sms.api.models_users import UserChanges

    wanted = {"desk": {"ip_limits": ["192.0.2.1"]}}
    desk.apply(wanted)
    both = {**wanted, "aide": {"ip_limits": ["192.0.2.2"]}, "desk": {"ip_limits": ["192.0.2.1"], "quota": 50}}
    asked = desk.compare(both).steps
    fault = desk.sandbox.fault("hold_after", **CREATE)
    with ThreadPoolExecutor(1) as pool:
        applying = pool.submit(desk.apply, both, approved=asked)
        desk.sandbox.wait_held(fault)
        desk.client.users.change("desk", UserChanges(ip_limits=()))
        desk.sandbox.release(fault)
        with pytest.raises(UsersNotApproved, match="desk"):
            applying.result()
    assert desk.client.users.read("desk").ip_limits == []
    assert desk.truth()["desk"]["quota_left"] == 0


def test_a_user_without_a_password_is_not_created(desk: UserDesk) -> None:
    with pytest.raises(ConfigurationError, match="password_conn_id"):
        desk.apply({"desk": {}}, password=None)
    assert desk.writes() == 0


@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
@pytest.mark.parametrize("call", [CREATE, CHANGE], ids=["create", "change"])
def test_a_lost_answer_is_found_by_reading_the_user(desk: UserDesk, call: dict[str, str], kind: str) -> None:
    desk.lost(kind, call, lambda: desk.apply({"desk": {"quota": 150}}))
    desk.apply({"desk": {"quota": 150}})
    assert (desk.truth()["desk"]["quota_taken"], desk.left()) == (150, 850)
    assert desk.apply({"desk": {"quota": 150}}).writes == {}


@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
def test_a_lost_deletion_is_found_by_the_user_that_is_gone(desk: UserDesk, kind: str) -> None:
    desk.apply({"desk": {"quota": 150}})
    desk.lost(kind, DELETE, lambda: desk.apply({"desk": {"absent": True}}))
    desk.apply({"desk": {"absent": True}})
    assert (desk.truth(), desk.left()) == ({}, 1000)


def test_neither_the_journal_nor_an_error_holds_a_password_or_an_address(desk: UserDesk) -> None:
    desk.apply({"desk": FULL})
    kept = repr(desk.store.users.attempts(desk.account, "desk")) + repr(desk.store.users.rows(desk.account))
    assert not any(each in kept for each in ("Secret01", "shop.example/", "desk@", "639980001"))
    with pytest.raises(OvhSmsError) as refused:
        desk.apply({"other": {}}, password="Sécret99")
    assert "cret99" not in f"{refused.value!r} {refused.value}"


def spend(desk: UserDesk, login: str, credits_spent: int) -> None:
    """A user sends as many messages of one segment."""
    from support.signed import Signed

    people = [f"+3363998{number:04d}" for number in range(credits_spent)]
    body = {"message": "Bonjour", "sender": "MYSHOP", "receivers": people, "noStopClause": True}
    Signed(desk.sandbox).post(f"/sms/{desk.account}/users/{login}/jobs", body)
