"""A resend sends exactly the messages again that finally failed for a temporary reason, each failure once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ovh_sms.errors import ConfigurationError, ContactsError, DuplicateSubmission, EmptyList, RequestChanged
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.sending.resend import offer_of
from ovh_sms.store import tables
from ovh_sms.store.store import Store
from support.campaign_runs import CampaignRun, MovedTime
from support.failed_runs import (
    ABSENT,
    DELIVERED,
    EXPIRED,
    INVALID,
    UNKNOWN,
    a_campaign,
    asked,
    collected,
    ending,
    number,
    offered,
    resend_run,
    resent,
    sent,
    texts,
)
from support.leaping_time import LeapingTime
from support.opted_out import stopped_in_store
from support.sandbox import SandboxProcess

#: One number may get several messages.
TWO = "number_and_text"
EVERY_END = {0: DELIVERED, 1: ABSENT, 2: EXPIRED, 3: INVALID, 4: UNKNOWN, 5: ABSENT, 6: ABSENT}


@pytest.fixture
def include(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "include"
    sandbox.features(ends={})


@pytest.fixture
def store(include: Path) -> Store:
    return ResultsHook().store


def everything(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """All messages of the test's account."""
    return sandbox.messages(account=sandbox.account_name)


def test_only_temporary_failures_are_resent_and_the_text_is_that_of_their_run(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    first = sent(sandbox, include, EVERY_END)
    stopped_in_store(number(5))
    sandbox.block(number(6))
    offer = offer_of(store, first.dag_id, first.run_id)
    assert (offer.messages, offer.opted_out, offer.credits) == (3, 1, 3.0), "OVH's own list is read by the run"
    run = resent(asked(first), include, message="Something else")
    assert run.prepared["rejected"] == {"suppressed": 2}
    assert texts(sandbox, run) == {number(at): f"Bonjour P{at}, rendez-vous demain" for at in (1, 2)}


def test_neither_another_resend_nor_a_clear_nor_a_new_run_sends_a_failure_twice(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    first = sent(sandbox, include, {0: DELIVERED, 1: ABSENT})
    ending(sandbox, {1: DELIVERED})
    run = resent(asked(first, close=True), include)
    run.prepare([])
    run.send_all()
    again = resend_run(asked(first, close=True), include)
    with pytest.raises(EmptyList, match="no message left"):
        again.prepare([])
    later = CampaignRun(campaign=first.campaign, run_id="manual__2", include=include)
    with pytest.raises(DuplicateSubmission, match="Nobody is left"):
        later.prepare([f"{number(at)};P{at}" for at in (0, 1)])
    assert offered(store, first) == 0
    assert [each["receiver"] for each in everything(sandbox)].count(number(1)) == 2


def test_of_two_resends_that_are_prepared_at_once_one_sends(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    first = sent(sandbox, include, {0: ABSENT, 1: ABSENT})
    one, other = (resend_run(asked(first, close=True), include) for _ in range(2))
    for run in (one, other):
        run.prepare([])
    one.send_all()
    with pytest.raises(DuplicateSubmission, match="2 failed messages were sent again by another resend"):
        other.send_all()
    assert len(everything(sandbox)) == 4


def test_a_resend_of_a_resend_sends_its_own_failures(sandbox: SandboxProcess, store: Store, include: Path) -> None:
    first = sent(sandbox, include, {0: ABSENT, 1: ABSENT, 2: DELIVERED})
    ending(sandbox, {0: DELIVERED, 1: EXPIRED})
    second = resent(asked(first, close=True), include)
    collected(sandbox, second)
    assert (offered(store, first), offered(store, second)) == (0, 1)
    third = resent(asked(second), include)
    assert list(texts(sandbox, third)) == [number(1)]
    found = store.resends.results(first.dag_id, first.run_id)
    assert [(each.resend.run_id, each.submitted, each.delivered) for each in found] == [
        (second.run_id, 2, 1),
        (third.run_id, 1, 0),
    ]


def test_a_message_that_was_delivered_after_all_is_not_resent(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    first = sent(sandbox, include, {0: ABSENT, 1: ABSENT})
    run = resend_run(asked(first), include)
    run.prepare([])
    here = tables.messages.c.receiver == number(0)
    with store.database.writing() as connection:
        connection.execute(update(tables.messages).where(here).values(delivery_status="delivered", delivery_receipt=1))
    with pytest.raises(RequestChanged, match="1 messages that were to be sent again are no temporary failures"):
        run.send_all()
    run.prepare([])
    run.send_all()
    assert list(texts(sandbox, run)) == [number(1)]


def test_a_failure_counts_once_its_receipt_is_collected_and_final(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    first = sent(sandbox, include, {0: ABSENT, 1: ABSENT})
    with store.database.writing() as connection:
        here = tables.messages.c.receiver == number(0)
        connection.execute(update(tables.messages).where(here).values(delivery_receipt=None))
    assert offered(store, first) == 1
    with store.database.writing() as connection:
        connection.execute(update(tables.submissions).values(collected_at=None))
    assert offered(store, first) == 0


def test_one_number_with_two_texts_gets_the_one_again_that_failed(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    ending(sandbox, {0: ABSENT})
    campaign = a_campaign(include, more="")
    campaign = campaign.model_copy(update={"contacts": campaign.contacts.model_copy(update={"duplicates": TWO})})
    first = CampaignRun(campaign=campaign, run_id="manual__1", include=include)
    first.prepare([f"{number(0)};{name}" for name in ("Ann", "Bob")])
    first.preflight()
    first.send(0)
    ending(sandbox, {0: DELIVERED})
    first.send(1)
    collected(sandbox, first)
    ((_, failed),) = texts(sandbox, first, tag=first.tags[0]).items()
    run = resent(asked(first), include)
    assert texts(sandbox, run) == {number(0): failed}


def test_marketing_is_resent_within_its_window_to_those_who_failed(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    time = MovedTime(sandbox)
    with time.installed():
        time.set_to("2026-12-02 10:00")
        first = sent(sandbox, include, {0: ABSENT, 1: DELIVERED}, marketing=True)
        time.set_to("2026-12-02 16:00")
        run = resent(asked(first), include, marketing=True)
        assert list(texts(sandbox, run)) == [number(0)]
        assert run.prepared["rejected"] == {}


def test_nothing_is_resent_after_the_end_of_the_first_runs_use(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    time = MovedTime(sandbox)
    with time.installed():
        time.set_to("2026-12-02 10:00")
        first = sent(sandbox, include, {0: ABSENT}, more='valid_until: "18:00"\n')
        time.set_to("2026-12-06 10:00")
        run = resend_run(asked(first), include, more='valid_until: "18:00"\n')
        run.prepare([])
        assert run.prepared["rejected"] == {"expired": 1}


def test_a_run_that_names_another_resend_or_is_forced_sends_nothing(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    first = sent(sandbox, include, {0: ABSENT})
    made = asked(first)
    run = resend_run(made, include)
    for run_id, conf, error in (
        ("manual__9", {"resend": made.resend}, "do not name one resend"),
        (run.run_id, {}, "do not name one resend"),
        (run.run_id, {"resend": "another"}, "do not name one resend"),
        (run.run_id, {"resend": made.resend, "force": True}, "cannot be forced"),
    ):
        run.run_id, run.conf = run_id, conf
        with pytest.raises(ConfigurationError, match=error):
            run.prepare([f"{number(1)};P1"])
    assert len(everything(sandbox)) == 1


def test_a_task_of_a_resends_run_sends_to_nobody_else(sandbox: SandboxProcess, store: Store, include: Path) -> None:
    first = sent(sandbox, include, {0: ABSENT})
    run = resend_run(asked(first), include)
    task = SendJobOperator(
        task_id="send", numbers=[number(0), number(1)], message="Bonjour", sender="MYSHOP", stop_clause=False
    )
    with pytest.raises(RequestChanged, match="not made of them alone"):
        task.execute(run.context("send"))
    run.prepare([])
    with pytest.raises(RequestChanged, match="others=2"):
        task.execute(run.context("send"))
    assert len(everything(sandbox)) == 1


def test_forgotten_or_changed_values_are_refused(sandbox: SandboxProcess, store: Store, include: Path) -> None:
    first = sent(sandbox, include, {0: ABSENT})
    made = asked(first)
    path = Path(first.prepared["list_path"])
    kept = path.read_text()
    path.write_text(kept.replace("P0", "P9"))
    with pytest.raises(ContactsError, match="its list was changed since"):
        resend_run(made, include).prepare([])
    path.unlink()
    with pytest.raises(ContactsError, match="gone or out of reach"):
        resend_run(made, include).prepare([])
    path.write_text(kept)
    store.personal_data.purge(first.tags[0])
    with pytest.raises(ContactsError, match="its messages were removed"):
        resend_run(made, include).prepare([])
    with pytest.raises(ConfigurationError, match="OVH_SMS_RETENTION_DAYS"):
        offer_of(store, first.dag_id, first.run_id)
