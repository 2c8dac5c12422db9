"""A reply that OVH does not show as it should, or lists late, is found in the end, and holds none of the others up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from ovh_sms.errors import UnreadableReplies
from ovh_sms.inbound.pull import PullTimes
from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.store import Store
from support import answered_runs
from support.answered_runs import collecting, delivered, people, pull_replies, reached, reply, send_run
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def run(sandbox: SandboxProcess, include: Path) -> CampaignRun:
    return send_run(include, people(0, 20))


@pytest.fixture
def there(sandbox: SandboxProcess, run: CampaignRun) -> Iterator[list[str]]:
    yield delivered(sandbox, run)
    sandbox.features(broken_replies={}, late_replies=0.0)


def texts(store: Store) -> set[str]:
    return {each.text for each in store.inbound.page(InboundFilter())}


@pytest.mark.parametrize("how", ["types", "error"])
def test_the_others_are_stored_and_the_broken_one_is_named_until_it_can_be_read(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str], how: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, *_ = [reply(sandbox, person, f"reply {at}")["id"] for at, person in enumerate(there[:4])]
    sandbox.features(broken_replies={str(broken): how})
    pulled = pull_replies(store, include)
    assert (pulled.new, list(pulled.unreadable)) == (3, [broken])
    assert f"reply id={broken}" in caplog.text
    mark = store.inbound.mark(sandbox.account_name)
    assert mark is not None, "it does not hold the mark up"
    far = PullTimes(overlap=timedelta(0))
    assert list(pull_replies(store, include, times=far).unreadable) == [broken], "it is tried again, and named again"
    sandbox.features(broken_replies={})
    pulled = pull_replies(store, include, times=far)
    assert (pulled.new, pulled.unreadable) == (1, {})
    assert texts(store) == {f"reply {at}" for at in range(4)}


def test_one_that_is_deleted_at_ovh_is_not_read_any_more(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    store.inbound.save(sandbox.account_name, [], unreadable={17: "it was a date"})
    assert pull_replies(store, include).unreadable == {}


def test_the_task_fails_and_names_it_once_the_others_are_stored(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    broken, _ = [reply(sandbox, person, f"reply {at}")["id"] for at, person in enumerate(there[:2])]
    sandbox.features(broken_replies={str(broken): "types"})
    task = CollectRepliesOperator(task_id="default", campaigns=str(include / "campaigns"))
    with pytest.raises(UnreadableReplies, match=str(broken)):
        collecting(task)
    assert texts(store) == {"reply 1"}
    sandbox.features(broken_replies={})
    assert collecting(task)["matched_by"] == {"tag": 1}


def test_a_reply_that_ovh_lists_hours_late_is_found_within_the_hour(
    sandbox: SandboxProcess, store: Store, include: Path, run: CampaignRun, request: pytest.FixtureRequest
) -> None:
    sandbox.clock(leap=3_600)
    request.addfinalizer(lambda: sandbox.clock(leap=-5.5 * 3_600))
    person = reached(sandbox, run)[0]
    pull_replies(store, include)
    sandbox.features(late_replies=3 * 3_600)
    try:
        reply(sandbox, person, "OUI")
    finally:
        sandbox.features(late_replies=0.0)
    sandbox.clock(leap=2.5 * 3_600)
    assert pull_replies(store, include).new == 0
    sandbox.clock(leap=2 * 3_600)
    # It is older than the mark less its overlap by now.
    assert pull_replies(store, include, times=PullTimes(late_every=timedelta(days=9))).new == 0
    assert (pulled := pull_replies(store, include)).new == 1
    assert pulled.late == 1
    assert (pull_replies(store, include).new, texts(store)) == (0, {"OUI"})


def test_without_a_tag_a_reply_to_one_of_two_runs_is_nobodys_and_says_so(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same text would not be sent to them again.
    monkeypatch.setattr(answered_runs, "TEXT", answered_runs.TEXT.replace("mardi", "jeudi"))
    later = send_run(include, people(0, 20), name="later", run_id="manual__2")
    sandbox.clock(advance=3_600)
    (both, *_) = sorted(
        {each["receiver"] for each in sandbox.messages(later.tags[0], account=sandbox.account_name)} & set(there)
    )
    sandbox.reply(both, "OUI", account=sandbox.account_name, tag=None)
    assert pull_replies(store, include).how == {"ambiguous": 1}
    (found,) = store.inbound.page(InboundFilter())
    assert (found.campaign, found.run_id, found.matched_by) == (None, None, "ambiguous")


def test_a_reply_of_an_erased_person_that_was_not_collected_yet_comes_in_empty(
    sandbox: SandboxProcess, store: Store, include: Path
) -> None:
    gone, other = people(0, 2)
    for person, text in ((gone, "mon adresse"), (gone, "STOP"), (other, "bonjour")):
        about = {"receiver": person, "text": text, "account": sandbox.account_name, "unasked": True}
        sandbox.ask("POST", "/replies", about)
    store.personal_data.ask_to_erase(gone)
    (digest,) = store.personal_data.to_erase()
    store.personal_data.erasure_is_done(digest)
    assert pull_replies(store, include).by_action == {"inbox": 2, "opt_out": 1}
    found = sorted((each.number, each.text) for each in store.inbound.page(InboundFilter()))
    assert found == [(other, "bonjour"), ("erased", ""), ("erased", "")]
    assert store.inbound.count(InboundFilter(digest=digest)) == 0
    known = store.opt_out_digests.opted_out().contains(np.array([int(gone[1:]), int(other[1:])], dtype=np.int64))
    assert known.tolist() == [True, False], "whom they do not want to hear from is kept, as a digest"
