"""A campaign that a user of the account sends: its quota pays, its own lists at OVH prove what was sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import ConfigurationError, InsufficientCredits, OutcomeUnknown
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from support.campaign_runs import CampaignRun, people
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.users import Account

pytestmark = pytest.mark.usefixtures("leaping")

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
user: desk
message: "Bonjour #prenom#"
contacts: {file: contacts/spring.csv}
budget: 100
"""
SUBMIT = {"method": "POST", "path": "/sms/*/users/desk/jobs"}
MakeRun = Callable[..., CampaignRun]


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return Account(sandbox)


@pytest.fixture
def make(sandbox: SandboxProcess, tmp_path: Path) -> MakeRun:
    def made(text: str = CAMPAIGN, run_id: str = "manual__1") -> CampaignRun:
        path = tmp_path / "campaigns" / "spring.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return CampaignRun(campaign=load_file(path, Campaign), run_id=run_id, include=tmp_path)

    return made


def sent_until_decided(run: CampaignRun, tries: int = 4) -> dict[str, Any]:
    """Try until OVH has been observed."""
    for _ in range(tries):
        try:
            return run.send(0)
        except OutcomeUnknown:
            continue
    return run.send(0)


def test_a_user_sends_from_its_list_to_the_report_and_its_quota_pays(account: Account, make: MakeRun) -> None:
    account.add_user(quota=100)
    run = make()
    run.prepare(people(1, 3))
    run.send_all()
    assert {(each["user"], each["receiver"][-2:]) for each in account.messages} == {
        ("desk", f"0{at}") for at in (1, 2, 3)
    }
    assert (account.left, account.quota()) == (900, 97)
    assert run.submissions[0]["user"] == "desk"
    account.sandbox.clock(leap=3 * 86_400)
    run.collect()
    figures = ResultsHook().store.figures.of(*run.tags)
    assert figures[run.tags[0]].messages == 3


def test_a_quota_that_does_not_suffice_is_refused_before_the_upload_with_figures(
    account: Account, make: MakeRun
) -> None:
    account.add_user(quota=2)
    before = account.sandbox.calls("POST /sms/{serviceName}/users/{login}/receivers")
    run = make()
    run.prepare(people(1, 3))
    with pytest.raises(InsufficientCredits) as refused:
        run.preflight()
    assert "costs 3 credits" in refused.value.what
    assert "the quota of the user desk holds 2" in refused.value.what
    assert "at least 1 credits" in refused.value.action
    assert account.messages == []
    assert account.sandbox.calls("POST /sms/{serviceName}/users/{login}/receivers") == before
    account.set_quota(3)
    run.send_all()
    assert (len(account.messages), account.quota()) == (3, 0)


def test_two_runs_never_count_on_the_same_credits_of_a_quota(account: Account, make: MakeRun) -> None:
    account.add_user(quota=5)
    first = make()
    first.prepare(people(1, 3))
    first.preflight()
    second = make(CAMPAIGN.replace("Bonjour", "Bonsoir"), "manual__2")
    second.prepare(people(11, 3))
    with pytest.raises(InsufficientCredits, match="3 of them are reserved"):
        second.preflight()
    own = make(CAMPAIGN.replace("user: desk", "").replace("Bonjour", "Salut"), "manual__3")
    own.prepare(people(21, 3))
    own.preflight()


def test_a_user_that_the_account_does_not_have_sends_nothing(account: Account, make: MakeRun) -> None:
    run = make()
    run.prepare(people(1, 2))
    with pytest.raises(ConfigurationError, match="has no user desk"):
        run.preflight()
    assert account.messages == []


@pytest.mark.parametrize("quota", [None, 100])
def test_a_lost_answer_is_found_by_its_tag_among_the_users_messages(
    account: Account, make: MakeRun, quota: float | None
) -> None:
    account.add_user(quota=quota)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    account.sandbox.fault("lost_answer", **SUBMIT)
    assert sent_until_decided(run)["submitted"] == 3
    assert len(account.messages) == 3


@pytest.mark.parametrize("quota", [None, 100])
def test_a_request_that_never_arrived_is_made_again_as_nobody_took_credits(
    account: Account, make: MakeRun, quota: float | None
) -> None:
    account.add_user(quota=quota)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    account.sandbox.fault("reset_before", **SUBMIT)
    assert sent_until_decided(run)["submitted"] == 3
    assert len(account.messages) == 3
    assert account.left + (account.quota() if quota else 0) == 997


@pytest.mark.parametrize("quota", [None, 100])
def test_a_batch_that_is_listed_late_is_never_sent_again(account: Account, make: MakeRun, quota: float | None) -> None:
    account.add_user(quota=quota)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    account.sandbox.fault("late_listing", answer="lost", seconds=36_000, **SUBMIT)
    with pytest.raises(AirflowFailException, match="credits are missing"):
        run.send(0)
    assert len(account.messages) == 3


def test_nothing_is_guessed_if_a_quota_is_changed_by_hand_meanwhile(
    account: Account, make: MakeRun, leaping: LeapingTime
) -> None:
    account.add_user(quota=100)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    account.sandbox.fault("late_listing", answer="lost", seconds=36_000, **SUBMIT)
    leaping.after(5, lambda: account.set_quota(100))  # it hides the three credits that are gone
    with pytest.raises(AirflowFailException, match="credits are missing"):
        run.send(0)
    assert len(account.messages) == 3


@pytest.mark.parametrize("at", [None, 100])
def test_nothing_is_guessed_if_a_quota_begins_or_ends_meanwhile(
    account: Account, make: MakeRun, leaping: LeapingTime, at: float | None
) -> None:
    account.add_user(quota=at)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    account.sandbox.fault("reset_before", **SUBMIT)
    leaping.after(5, lambda: account.set_quota(0 if at else 100, status="inactive" if at else "active"))
    with pytest.raises(AirflowFailException):
        run.send(0)
    assert account.messages == []


def test_an_account_is_not_taken_for_paid_by_what_the_quotas_of_users_paid(
    account: Account, make: MakeRun, leaping: LeapingTime
) -> None:
    account.add_user(quota=100)
    run = make(CAMPAIGN.replace("user: desk", ""))
    run.prepare(people(1, 3))
    run.preflight()
    account.sandbox.fault("late_listing", answer="lost", seconds=36_000, method="POST", path="/sms/*-1/jobs")
    other = {"message": "Hello", "sender": "MYSHOP", "receivers": ["+33639980091", "+33639980092", "+33639980093"]}
    leaping.after(5, lambda: account.api.post(f"{account.path}/users/desk/jobs", other))
    with pytest.raises(AirflowFailException, match="credits are missing"):
        run.send(0)
    assert len([each for each in account.messages if each["user"] is None]) == 3


def test_a_cancelled_run_withdraws_what_its_user_still_has_waiting(account: Account, make: MakeRun) -> None:
    account.add_user(quota=100)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    run.send(0, delay_minutes=60)
    assert account.quota() == 97
    cancelled = run.cancel(by="ana")
    assert (cancelled["withdrawn"], cancelled["left"], account.quota()) == (3, 0, 100)


def test_what_a_deleted_user_still_has_waiting_is_withdrawn_by_the_account(account: Account, make: MakeRun) -> None:
    account.add_user(quota=100)
    run = make()
    run.prepare(people(1, 3))
    run.preflight()
    run.send(0, delay_minutes=60)
    OvhSmsHook().client.users.delete("desk")
    cancelled = run.cancel(by="ana")
    assert (cancelled["withdrawn"], cancelled["left"]) == (3, 0)


def test_an_edited_user_takes_effect_in_the_next_run(account: Account, make: MakeRun) -> None:
    account.add_user(quota=100)
    account.add_user("shop", quota=100)
    run = make()
    run.prepare(people(1, 2))
    edited = make(CAMPAIGN.replace("user: desk", "user: shop"))
    edited.prepared, edited.batches = run.prepared, run.batches
    edited.send_all()
    assert {each["user"] for each in account.messages} == {"desk"}


def test_ovh_has_no_batches_for_users(make: MakeRun) -> None:
    with pytest.raises(ConfigurationError, match="OVH batches take no `user`"):
        make(CAMPAIGN + "via: ovh_batches\n")
