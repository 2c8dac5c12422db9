"""An opt-out is counted for its submission, however late that is in the results, and however often it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ovh_sms.inbound.act import COUNTED_WITHIN, act
from ovh_sms.report.counting import compute
from ovh_sms.store.models import OptOut
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.report.report_sample import small
from unit.store.test_inbound import ACCOUNT, PERSON, a_reply
from unit.store.test_store import a_submission


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def empty(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    yield store
    store.close()


def test_an_opt_out_waits_for_its_submission(empty: Store, clock: FakeClock) -> None:
    stop = a_reply(1, action="opt_out", received_at=clock.now())
    empty.inbound.save(ACCOUNT, [stop])
    assert (act(empty, ACCOUNT), len(empty.inbound.to_act(ACCOUNT))) == (0, 1)
    empty.submissions.start(a_submission("t1", sender=""))
    assert (act(empty, ACCOUNT), act(empty, ACCOUNT)) == (1, 0)
    assert empty.opt_outs.of("t1") == [OptOut(receiver=PERSON, opted_out_at=stop.received_at)]


def test_an_opt_out_is_counted_for_the_submission_that_it_answers_though_others_wrote_later(
    empty: Store, clock: FakeClock
) -> None:
    empty.submissions.start(a_submission("t1", sender=""))  # its messages are not known yet
    for number, tag in enumerate(("t0", "t2")):
        empty.submissions.start(a_submission(tag, sender=""))
        empty.messages.save(tag, [replace(small()[1][0], tag=tag, receiver=PERSON, outgoing_id=10 + number)])
        empty.submissions.finish(tag, compute(empty, tag), complete=True)
    empty.inbound.save(ACCOUNT, [a_reply(1, action="opt_out", received_at=clock.now())])
    assert act(empty, ACCOUNT) == 1
    assert [len(empty.opt_outs.of(tag)) for tag in ("t0", "t1", "t2")] == [0, 1, 0]


def test_a_submission_that_never_comes_is_not_waited_for_for_ever(empty: Store, clock: FakeClock) -> None:
    empty.inbound.save(ACCOUNT, [a_reply(1, action="opt_out", received_at=clock.now())])
    clock.sleep(COUNTED_WITHIN.total_seconds())
    assert act(empty, ACCOUNT) == 0
    clock.sleep(timedelta(seconds=1).total_seconds())
    assert (act(empty, ACCOUNT), empty.inbound.to_act(ACCOUNT)) == (1, [])


def test_what_names_no_run_or_nobody_any_more_is_done_at_once(empty: Store, clock: FakeClock) -> None:
    rows = [
        a_reply(1, action="opt_out", campaign=None, dag_id=None, run_id=None, received_at=clock.now()),
        a_reply(2, action="opt_out", number="erased", received_at=clock.now()),
    ]
    empty.inbound.save(ACCOUNT, rows)
    assert (act(empty, ACCOUNT), empty.inbound.to_act(ACCOUNT)) == (2, [])


def test_an_opt_out_that_names_its_message_is_left_as_it_is(empty: Store, clock: FakeClock) -> None:
    empty.submissions.start(a_submission("t1", sender=""))
    empty.submissions.finish("t1", compute(empty, "t1"), complete=True)
    known = OptOut(receiver=PERSON, opted_out_at=clock.now(), outgoing_id=7)
    empty.opt_outs.save("t1", [known])
    empty.inbound.save(ACCOUNT, [a_reply(1, action="opt_out", received_at=clock.now())])
    assert act(empty, ACCOUNT) == 1
    assert empty.opt_outs.of("t1") == [known]


def test_an_opt_out_that_names_its_message_is_never_replaced(empty: Store, clock: FakeClock) -> None:
    empty.submissions.start(a_submission("t1", sender=""))
    known = OptOut(receiver=PERSON, opted_out_at=clock.now(), outgoing_id=7)
    empty.opt_outs.save("t1", [known])
    later = OptOut(receiver=PERSON, opted_out_at=clock.now())
    assert empty.opt_outs.save("t1", [later], are_its_own=True) == 1
    assert empty.opt_outs.of("t1") == [known]
    empty.opt_outs.save("t1", [OptOut(receiver=PERSON, opted_out_at=clock.now(), outgoing_id=9)])
    assert empty.opt_outs.of("t1")[0].outgoing_id == 9
