"""Pulls that are killed at each transaction, or run at once, store and announce each reply once."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from ovh_sms.store import database
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.inbound_announcements import AnnouncingTask
from ovh_sms.store.store import Store
from support.answered_runs import people, pull_replies
from support.sandbox import SandboxProcess
from support.stores import new_store
from unit.store.conftest import KINDS, postgresql_server, postgresql_url, url

__all__ = ["KINDS", "postgresql_server", "postgresql_url", "url"]

SAID = ("OUI", "STOP", "je ne sais pas")


@pytest.fixture
def store(sandbox: SandboxProcess, url: str) -> Iterator[Store]:
    store = new_store(url)
    yield store
    store.close()


def reply_to_nobody(sandbox: SandboxProcess, person: str, text: str) -> None:
    about = {"receiver": person, "text": text, "account": sandbox.account_name, "unasked": True}
    sandbox.ask("POST", "/replies", about)


def a_task(number: int) -> AnnouncingTask:
    return AnnouncingTask(dag_id="sms_replies", run_id=f"run_{number}", task_id="announce", map_index=-1)


def in_a_process(work: Callable[[], Any], *, kill_at: int) -> bool:
    """Do some work in a process of its own, killed at its n-th boundary of a transaction; returns whether it was."""
    pid = os.fork()
    if pid == 0:
        left, whole = [kill_at], database.transaction

        def reach() -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        @contextmanager
        def watched(*given: Any, **more: Any) -> Iterator[Any]:
            reach()
            with whole(*given, **more) as connection:
                yield connection
                reach()
            reach()

        try:
            database.transaction = watched  # type: ignore[assignment]
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or status == 0
    return os.WIFSIGNALED(status)


def test_a_pull_that_is_killed_at_any_transaction_loses_and_doubles_nothing(
    sandbox: SandboxProcess, store: Store, url: str, tmp_path: Path
) -> None:
    include, announced, kills = tmp_path / "include", 0, 0
    store.database.engine.dispose()
    number = 0
    while True:
        number += 1
        for at, text in enumerate(SAID):
            reply_to_nobody(sandbox, people(3 * number + at, 1)[0], text)

        def work(number: int = number) -> None:
            mine = Store(url)
            pull_replies(mine, include)
            mine.inbound_announcements.claim(a_task(number))

        killed = in_a_process(work, kill_at=number)
        kills += killed
        assert not in_a_process(work, kill_at=0), "the next try"
        announced += sum(each.replies for each in store.inbound_announcements.claim(a_task(number)))
        if not killed:
            break
    assert kills >= 6
    received = sandbox.replies(account=sandbox.account_name)
    assert store.inbound.count(InboundFilter()) == len(received) == announced == 3 * number
    assert store.inbound.to_act(sandbox.account_name) == []
    assert store.inbound.count(InboundFilter(action="opt_out")) == number
    known = store.opt_out_digests.opted_out()
    import numpy as np

    leaving = [int(people(3 * at + 1, 1)[0][1:]) for at in range(1, number + 1)]
    assert known.contains(np.array(leaving, dtype=np.int64)).all()


def test_two_pulls_of_one_account_at_once_store_each_reply_once(
    sandbox: SandboxProcess, store: Store, url: str, tmp_path: Path
) -> None:
    for at, person in enumerate(people(0, 150)):
        reply_to_nobody(sandbox, person, SAID[at % 3])
    barrier, new, errors = Barrier(2), [], []

    def pull_once() -> None:
        mine = Store(url)
        try:
            mine.inbound.mark(sandbox.account_name)  # connected before
            barrier.wait(30)
            new.append(pull_replies(mine, tmp_path / "include").new)
        except Exception as error:
            errors.append(error)
        finally:
            mine.close()

    threads = [Thread(target=pull_once) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert errors == []
    assert sum(new) == store.inbound.count(InboundFilter()) == 150
