"""A STOP is stored once, leaves its owner out of every list, and counts once for the run that was answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ovh_sms.errors import ConfigurationError, OvhSmsError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound import opt_outs
from ovh_sms.inbound.opt_outs import CollectedOptOuts, collect_opt_outs
from ovh_sms.messaging.number_hash import number_hash
from ovh_sms.store.store import Store
from ovh_sms.store.suppressed import SuppressedNumber
from support.answered_runs import delivered, people, reply, send_run
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess
from support.signed import Signed

EVERYONE = people(500, 30)
ENTRY = "GET /sms/{serviceName}/blacklists/{number}"


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def run(sandbox: SandboxProcess, include: Path) -> CampaignRun:
    return send_run(include, EVERYONE)


@pytest.fixture
def there(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    return delivered(sandbox, run)


def read(store: Store) -> CollectedOptOuts:
    return collect_opt_outs(OvhSmsHook().client, store)


def stored(store: Store) -> dict[str | None, SuppressedNumber]:
    return {each.number: each for each in store.suppressed.published()}


def counted(store: Store, run: CampaignRun) -> list[str]:
    return [each.receiver for each in store.opt_outs.of(run.tags[0])]


@pytest.mark.parametrize("collected", [False, True])
def test_a_stop_counts_once_for_the_run_whose_message_ovh_names(
    sandbox: SandboxProcess, store: Store, run: CampaignRun, there: list[str], collected: bool
) -> None:
    reply(sandbox, there[0], "STOP")
    if collected:
        run.collect()
    found = read(store)
    assert (found.listed, found.new, found.left, found.attributed) == (1, 1, 0, 1)
    one = stored(store)[there[0]]
    assert (one.reason, one.campaign, one.dag_id, one.run_id, one.tag) == (
        *("opt_out", "visit", run.dag_id, "manual__1"),
        run.tags[0],
    )
    assert one.outgoing_id is not None
    assert counted(store, run) == [there[0]]
    again = read(store)
    assert (again.listed, again.new, again.attributed) == (1, 0, 0)
    run.collect()
    assert counted(store, run) == [there[0]], "however often it is read, by whichever task"
    (batch,) = store.run_results.of_run(run.dag_id, run.run_id)[0].batches
    assert batch.opt_outs == 1


@pytest.mark.parametrize("collected", [False, True])
def test_a_stop_that_names_no_message_counts_for_the_newest_one_to_the_person(
    sandbox: SandboxProcess, store: Store, run: CampaignRun, there: list[str], collected: bool
) -> None:
    if collected:
        run.collect()
    sandbox.block(there[0])
    assert (read(store).attributed, stored(store)[there[0]].run_id) == (1, "manual__1")
    assert counted(store, run) == [there[0]]
    run.collect()
    assert counted(store, run) == [there[0]]


def test_a_stop_to_nobody_known_is_stored_and_counts_for_no_run(
    sandbox: SandboxProcess, store: Store, run: CampaignRun, there: list[str]
) -> None:
    sandbox.block("+33639981999")
    assert (read(store).new, read(store).attributed) == (1, 0)
    assert stored(store)["+33639981999"].campaign is None
    assert counted(store, run) == []


def test_an_entry_that_ovh_loses_lifts_no_stop(
    sandbox: SandboxProcess, store: Store, run: CampaignRun, there: list[str]
) -> None:
    reply(sandbox, there[0], "STOP")
    read(store)
    path = f"/sms/{sandbox.account_name}/blacklists/{there[0]}"
    assert Signed(sandbox).call("DELETE", path).status == 200
    assert read(store).listed == 0
    assert are_left_out(store, there[:1])
    assert stored(store)[there[0]].tag == run.tags[0]


def are_left_out(store: Store, numbers: list[str]) -> bool:
    """Whether the next list of any account leaves out all of these people."""
    known = store.opt_out_digests.opted_out()
    return bool(known) and bool(known.contains(np.array([int(each[1:]) for each in numbers], dtype=np.int64)).all())


def test_a_long_list_is_suppressed_at_once_and_its_details_are_read_bit_by_bit(
    sandbox: SandboxProcess, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_outs, "MOST_AT_ONCE", 3)
    numbers = people(900, 7)
    for each in numbers:
        sandbox.block(each)
    sandbox.reset_calls()
    found = read(store)
    assert (found.listed, found.new, found.left) == (7, 3, 4)
    assert sandbox.calls(ENTRY) == 1, "three in one call"
    assert are_left_out(store, numbers)
    assert [read(store).left for _ in range(2)] == [1, 0]
    assert set(stored(store)) == set(numbers)


def test_numbers_may_be_kept_as_keyed_hashes_alone(
    sandbox: SandboxProcess, store: Store, run: CampaignRun, there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "a secret of the shop and its CRM"
    monkeypatch.setenv("OVH_SMS_NUMBER_HASH_KEY", secret)
    reply(sandbox, there[0], "STOP")
    sandbox.block("+33639981999")
    assert read(store).new == 2
    rows = list(store.suppressed.published())
    assert [each.number for each in rows] == [None, None]
    assert {each.number_hash for each in rows} == {
        number_hash(each, secret.encode()) for each in (there[0], "+33639981999")
    }
    assert counted(store, run) == [there[0]]
    monkeypatch.setenv("OVH_SMS_NUMBER_HASH_KEY", "short")
    sandbox.block("+33639981998")
    with pytest.raises(ConfigurationError, match="OVH_SMS_NUMBER_HASH_KEY"):
        read(store)


def test_a_stop_whose_message_ovh_could_not_show_counts_once_it_can(
    sandbox: SandboxProcess, store: Store, run: CampaignRun, there: list[str]
) -> None:
    reply(sandbox, there[0], "STOP")
    sandbox.fault("status", status=403, method="GET", path="/sms/*/outgoing/*")
    with pytest.raises(OvhSmsError):
        read(store)
    assert (len(stored(store)), counted(store, run)) == (1, [])
    found = read(store)
    assert (found.new, found.attributed, counted(store, run)) == (0, 1, [there[0]])
