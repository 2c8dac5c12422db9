"""The witness of a real sandbox's credits, while other programs send and their messages fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.clock import Clock, SystemClock
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.sending.credit_witness import CreditWitness
from ovh_sms.store.models import BATCH
from ovh_sms.store.store import Store
from support.sandbox import SandboxProcess
from support.stores import new_store
from unit.sending.other_programs import PEOPLE, Beside, client_of, submit


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[OvhSmsClient]:
    with client_of(sandbox) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(tmp_path / "results.sqlite")
    yield made
    made.close()


def journal(client: OvhSmsClient, store: Store, tag: str = "batch") -> Journal:
    run = {"campaign": tag, "dag_id": tag, "run_id": "run_1", "account": client.account_name}
    return Journal(store, WriteIdentity(tag=tag, kind=BATCH, **run), ClaimRules(), SystemClock())


def witness(client: OvhSmsClient, store: Store, clock: Clock | None = None) -> CreditWitness:
    return CreditWitness(client=client, records=journal(client, store).records, clock=clock or SystemClock())


def once(happens: Callable[[], object]) -> Beside:
    left = [happens]
    return Beside(lambda: left.pop()() if left else None)


class Busy(Beside):
    """Something happens before and after each turn of a second."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.happens()


def explains(of: CreditWitness, snapshot: dict[str, Any], readings: list[dict[str, Any]]) -> bool:
    return of.explains(snapshot, readings, ids_before=(), shows_nothing=lambda: True)


def others_sent(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    """Others' messages. Some fail within 300 seconds, and OVH refunds them."""
    submit(client, PEOPLE[:450], tag="older")
    sandbox.clock(advance=30)  # they have left


def two_readings(sandbox: SandboxProcess, it: CreditWitness, snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Two readings in two seconds: in one second they count once."""
    first = it.reading(snapshot)
    sandbox.clock(advance=2)
    return [first, it.reading(snapshot)]


def test_refunds_while_the_balance_is_read_are_not_taken_for_later_ones(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store
) -> None:
    others_sent(sandbox, client)
    snapshot = witness(client, store, clock=once(lambda: sandbox.clock(advance=300))).snapshot()
    later = witness(client, store)
    assert explains(later, snapshot, two_readings(sandbox, later, snapshot))


def test_a_reading_that_a_later_listing_explains_stays_explained(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store
) -> None:
    it = witness(client, store)
    snapshot = it.snapshot()
    readings = two_readings(sandbox, it, snapshot)
    assert explains(it, snapshot, readings)
    assert readings[-1]["explained"] == [readings[0]["second"]]


@pytest.mark.parametrize("listed", [True, False])
def test_a_batch_on_a_busy_account_is_decided_by_the_balance_before_another_one(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store, listed: bool
) -> None:
    assert journal(client, store, "first").claim(witness(client, store).snapshot())
    submit(client, PEOPLE[:3])
    people = iter(PEOPLE[3:])
    snapshot = witness(client, store, clock=Busy(lambda: submit(client, [next(people)]))).snapshot()
    assert snapshot["balance"]["second_after"], "this must be inexact"
    if not listed:
        sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=60)
        submit(client, [PEOPLE[-1]])
    later = witness(client, store)
    assert explains(later, snapshot, two_readings(sandbox, later, snapshot)) is listed


@pytest.mark.parametrize("listed", [True, False])
def test_credits_that_were_gone_and_came_back_are_explained_by_a_listed_refund_alone(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store, listed: bool
) -> None:
    sandbox.features(ends={PEOPLE[0]: (16, 28)})
    it = witness(client, store)
    snapshot = it.snapshot()
    if not listed:
        sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=600)
    submit(client, PEOPLE[:1])
    sandbox.clock(advance=2)
    readings = [it.reading(snapshot)]
    assert readings[0]["credits"] == snapshot["balance"]["credits"] - 1
    sandbox.clock(advance=120)  # the message has failed, and OVH does not bill it
    for _ in range(2):
        readings.append(it.reading(snapshot))
        sandbox.clock(advance=2)
    assert readings[-1]["credits"] == snapshot["balance"]["credits"]
    assert explains(it, snapshot, readings) is listed
