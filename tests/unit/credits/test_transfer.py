"""One need gets one transfer; both balances show one whose answer was lost, while campaigns spend on them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from ovh_sms.errors import (
    AccountRecredited,
    ConfigurationError,
    InsufficientCredits,
    OutcomeUnknown,
    SubmissionInFlight,
)
from ovh_sms.store.reservation_records import WantedCredits
from support.leaping_time import LeapingTime
from support.tries import held, killed_once_answered, once_claimed
from unit.credits.desk import TRANSFER, Desk
from unit.sending.other_programs import PEOPLE, submit

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")

_people = iter(PEOPLE)
_lists = count(1)


def spend(desk: Desk, account: str, messages: int = 1) -> None:
    """Another program sends."""
    submit(desk.client(account), [next(_people) for _ in range(messages)])


def test_credits_are_transferred_with_the_amounts_before_and_after(desk: Desk) -> None:
    result = desk.transfer()
    assert result.transferred
    assert (result.source_before, result.source_after) == (10_000, 9_000)
    assert (result.target_before, result.target_after) == (50, 1_050)
    (recorded,) = desk.store.transfers.of_account(desk.account)
    assert (recorded.source, recorded.credits, recorded.target_after) == (desk.central, 1000, 1050)
    assert desk.store.transfers.of_account(desk.central) == [recorded]


def test_two_runs_that_mean_the_same_need_make_one_transfer(desk: Desk) -> None:
    need = desk.need()
    first, second = desk.transfer(need=need), desk.transfer(run="run_2", need=need)
    assert (second.transferred, second.covered_by) == (False, "transfer")
    assert (second.credits, second.source_after) == (first.credits, first.source_after)
    assert desk.transfers() == [1000]


def test_a_transfer_ends_its_need(desk: Desk) -> None:
    need = desk.need()
    desk.transfer(need=need)
    assert desk.need().number == need.number + 1
    assert not desk.transfer(run="run_2").transferred, "there are enough credits now"
    desk.sandbox.account(creditsLeft=50)
    assert desk.transfer(run="run_3").transferred
    assert desk.transfers() == [1000, 1000]


def test_one_need_gets_no_second_transfer_from_another_account(desk: Desk) -> None:
    need, other = desk.need(), f"{desk.central}8"
    desk.sandbox.add_account(other, creditsLeft=10_000)
    desk.transfer(need=need)
    desk.sandbox.account(creditsLeft=50)
    result = desk.transfer(need=need, source=other)
    assert (result.transferred, result.covered_by) == (False, "transfer")
    assert desk.transfers() == [1000]


def test_the_source_keeps_what_it_must(desk: Desk) -> None:
    with pytest.raises(InsufficientCredits, match=r"holds 10000 credits and keeps 9001: it cannot spare 1000"):
        desk.transfer(keep=9001)
    assert desk.transfer(keep=9000).transferred


def test_credits_that_the_source_spends_right_before_are_kept_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    once_claimed(monkeypatch, lambda: desk.sandbox.account(desk.central, creditsLeft=1499))
    with pytest.raises(InsufficientCredits, match="holds 1499"):
        desk.transfer()
    assert desk.transfers() == []


def wanted(account: str, amount: float) -> WantedCredits:
    """The credits of a campaign's run on an account."""
    return WantedCredits(
        list_tag=f"l{next(_lists)}",
        dag_id="sms_campaign_spring",
        run_id="run_1",
        account=account,
        batches={"b1": amount},
        lasts=timedelta(days=2),
    )


def reserve(desk: Desk, account: str, amount: float) -> None:
    """A campaign on an account reserves credits."""
    kept = desk.store.reservations
    assert kept.reserve(wanted(account, amount), kept.read(account), credits_left=desk.left(account)).is_reserved


def test_credits_that_a_campaign_has_reserved_since_the_plan_stay_on_the_source(desk: Desk) -> None:
    reserve(desk, desk.central, 8501)
    with pytest.raises(
        InsufficientCredits, match="holds 10000 credits, 8501 of them reserved, and keeps 500: it cannot spare 1000"
    ):
        desk.transfer()
    assert desk.transfers() == []
    desk.store.reservations.release("sms_campaign_spring", "run_1")
    assert desk.transfer().transferred


@pytest.mark.parametrize("answer", ["known", "lost"])
def test_credits_that_a_transfer_takes_after_they_were_read_are_not_reserved(
    desk: Desk, leaping: LeapingTime, answer: str
) -> None:
    kept = desk.store.reservations
    run = wanted(desk.central, 9_500)
    known, left = kept.read(desk.central), desk.left(desk.central)
    if answer == "known":
        assert desk.transfer().transferred
    else:
        desk.lost("lost_answer", TRANSFER, desk.transfer)
    check = kept.reserve(run, known, credits_left=left)
    assert (check.is_reserved, check.missing) == (False, 500)
    assert [(each.transfer_to, each.credits) for each in check.others] == [(desk.account, 1_000)]
    if answer == "lost":
        leaping.sleep(3_601)  # what it took is missing in the balance by now
    assert not kept.reserve(run, kept.read(desk.central), credits_left=desk.left(desk.central)).others


def test_credits_that_a_campaign_reserves_right_before_stay_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    once_claimed(monkeypatch, lambda: reserve(desk, desk.central, 8501))
    with pytest.raises(InsufficientCredits, match="8501 of them reserved"):
        desk.transfer()
    assert desk.transfers() == []


def test_two_transfers_do_not_take_the_same_credits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = f"{desk.account}7"
    desk.sandbox.add_account(other, creditsLeft=10)
    desk.sandbox.account(desk.central, creditsLeft=2000)
    errors: list[BaseException] = []

    def transfer_too() -> None:
        try:
            desk.transfer(target=other, run="run_2")
        except SubmissionInFlight as error:
            errors.append(error)

    once_claimed(monkeypatch, transfer_too)
    assert desk.transfer().transferred
    assert len(errors) == 1
    with pytest.raises(InsufficientCredits, match="holds 1000"):
        desk.transfer(target=other, run="run_2")
    assert desk.left(desk.central) == 1000


def test_an_account_transfers_nothing_to_itself(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="to itself"):
        desk.transfer(source=desk.account)


@pytest.mark.parametrize("which", ["source", "target"])
def test_nothing_is_transferred_from_or_to_an_account_that_ovh_recredits(desk: Desk, which: str) -> None:
    account = desk.central if which == "source" else desk.account
    desk.client(account).account.set_recredit(10, 100)
    with pytest.raises(AccountRecredited, match=f"100 credits for {account} by itself"):
        desk.transfer()
    assert desk.transfers() == []


@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
@pytest.mark.parametrize("spends", ["nobody", "source", "target", "both"])
def test_a_lost_answer_is_decided_while_campaigns_spend(
    desk: Desk, leaping: LeapingTime, kind: str, spends: str
) -> None:
    accounts = {"nobody": [], "source": [desk.central], "target": [desk.account], "both": [desk.central, desk.account]}
    need = desk.need()
    for account in accounts[spends]:
        spend(desk, account, 3)
    desk.lost(kind, TRANSFER, lambda: desk.transfer(need=need))
    for account, seconds in ((each, at) for each in accounts[spends] for at in (0.7, 1.9, 3.3)):
        leaping.after(seconds, lambda account=account: spend(desk, account, 2))
    assert desk.transfer(need=need).transferred
    assert desk.transfers() == [1000]
    assert desk.truth()["ledger"][desk.account]["lost"] == 0


def test_a_transfer_that_the_balances_show_late_is_found(desk: Desk) -> None:
    need = desk.need()
    desk.lost("late_listing", TRANSFER, lambda: desk.transfer(need=need), seconds=3, answer="lost")
    assert desk.left() == 50
    result = desk.transfer(need=need)
    assert result.transferred
    assert (result.source_after, result.target_after) == (9_000, 1_050)
    assert desk.transfers() == [1000]


def test_a_batch_of_as_many_credits_that_ovh_lists_late_is_not_taken_for_the_transfer(desk: Desk) -> None:
    # ours never reached OVH; the source sends a hundred messages that nobody lists
    need = desk.need()
    desk.lost("reset_before", TRANSFER, lambda: desk.transfer(need=need, credits=100))
    desk.sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=3000)
    spend(desk, desk.central, 100)
    with pytest.raises(OutcomeUnknown, match="found at the source and absent at the target") as caught:
        desk.transfer(need=need, credits=100)
    assert "ovh-sms resolve" in str(caught.value)
    assert desk.transfers() == []
    desk.resolve("send", although_credits_are_gone=True)
    assert desk.transfer(need=need, credits=100).transferred
    assert desk.transfers() == [100]


def test_a_batch_of_as_many_credits_on_the_target_does_not_hide_the_transfer(desk: Desk) -> None:
    desk.sandbox.account(creditsLeft=100)
    need = desk.need()
    desk.lost("lost_answer", TRANSFER, lambda: desk.transfer(need=need, credits=100, enough=500))
    desk.sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=3000)
    spend(desk, desk.account, 100)
    with pytest.raises(OutcomeUnknown, match="ovh-sms resolve"):
        desk.transfer(need=need, credits=100, enough=500)
    desk.resolve("sent")
    result = desk.transfer(need=need, credits=100, enough=500)
    assert (result.transferred, result.credits) == (True, 100)
    assert desk.transfers() == [100]


def test_an_unchanged_balance_of_a_source_that_ovh_recredits_proves_nothing(desk: Desk) -> None:
    need = desk.need()
    desk.lost("reset_before", TRANSFER, lambda: desk.transfer(need=need))
    desk.client(desk.central).account.set_recredit(10, 1000)
    with pytest.raises(OutcomeUnknown, match="ovh-sms resolve"):
        desk.transfer(need=need)
    assert desk.transfers() == []


def test_of_two_processes_one_transfers(desk: Desk) -> None:
    need = desk.need()
    with held(desk.sandbox, lambda: desk.transfer(need=need), **TRANSFER) as first, desk.waiting():
        desk.transfer(need=need)
    assert first.made.transferred
    assert desk.transfers() == [1000]


@pytest.mark.parametrize("stored", [True, False])
def test_a_killed_transfer_is_found_by_the_next_run(desk: Desk, monkeypatch: pytest.MonkeyPatch, stored: bool) -> None:
    need = desk.need()
    killed_once_answered(monkeypatch, lambda: desk.transfer(need=need), stored=stored)
    result = desk.transfer(run="run_2", need=need)
    assert (result.transferred, result.covered_by, result.target_after) == (False, "transfer", 1050)
    assert desk.transfers() == [1000]
    assert len(desk.store.transfers.of_account(desk.account)) == 1


def test_balances_that_cannot_be_read_afterwards_do_not_undo_the_transfer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the two reads of the precheck, the readings of the snapshots and of the last check pass; then OVH is away
    reads = count()
    transfers = desk.client(desk.central).transfers.__class__
    create = transfers.create

    def then_away(self: object, *given: object, **more: object) -> None:
        create(self, *given, **more)  # type: ignore[arg-type]
        if not next(reads):
            desk.sandbox.fault("status", method="GET", path="/sms/sms-*", status=403, times=1)

    monkeypatch.setattr(transfers, "create", then_away)
    result = desk.transfer()
    assert (result.transferred, result.source_after, result.target_after) == (True, None, None)
    assert desk.transfers() == [1000]
