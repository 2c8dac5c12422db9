"""Real processes that claim the same attempt at the same moment, and processes that are killed while they do."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from ovh_sms.store.store import Store
from support.stores import new_store
from unit.store.test_attempts import another_run, claim

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
PROCESSES, ROUNDS = 8, 6

# Imports once, then forks the tasks. In each round they wait for each other, claim, and print the outcome.
COMMON = """
import os, signal, sys, time, traceback
from datetime import timedelta
sys.path.insert(0, sys.argv[1])
from sqlalchemy import event
from ovh_sms.errors import PreflightError
from ovh_sms.store.models import Attempt
from ovh_sms.store.store import Store

def claim(store, **about):
    common = dict(attempt=1, kind="batch", campaign="spring", dag_id="sms_campaign_spring", run_id="manual__1",
                  account="sms-sb00001-1", list_digest="cd" * 32, message_digest="ab" * 32)
    return store.attempts.claim(Attempt(**{**common, **about}), duplicate_window=timedelta(hours=24),
                                in_flight_window=timedelta(minutes=10))

def begin(task):
    if not (pid := os.fork()):
        code = 1
        try:
            task()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return pid
"""

RACE = (
    COMMON
    + """
import multiprocessing
processes, rounds = int(sys.argv[4]), int(sys.argv[5])
barrier = multiprocessing.get_context("fork").Barrier(processes)

def task(number):
    store = Store(sys.argv[2])
    store.submissions.latest(1)  # connected before the race begins
    try:
        for a_round in range(rounds):
            race(store, number, a_round)
    except BaseException:
        barrier.abort()  # nobody waits for one that broke
        raise

def race(store, number, a_round):
    about = {"holder": f"p{number}", "tag": f"t{a_round}"}
    if sys.argv[3] == "runs":
        about.update(tag=f"t{a_round}-{number}", run_id=f"manual__{number}", campaign=f"c{a_round}")
        about.update(list_digest=str(number).zfill(64))
    else:
        about.update(list_digest=str(a_round).zfill(64))
    barrier.wait(60)  # nobody comes late, however busy the machine is
    try:
        got = claim(store, **about)
    except PreflightError as error:
        got = type(error).__name__
    os.write(1, f"{a_round} {got}\\n".encode())

pids = [begin(lambda: task(number)) for number in range(processes)]
assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * len(pids)
"""
)

# Dies right after statement number N of the transaction (0: right before its commit).
KILLED = (
    COMMON
    + """
def task(last):
    store = Store(sys.argv[2])
    store.submissions.latest(1)  # the tables are checked before the statements are counted
    done = 0
    def executed(*_):
        nonlocal done
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)
    def committing(*_):
        if not last:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(store.database.engine, "after_cursor_execute", executed)
    event.listen(store.database.engine, "commit", committing)
    assert claim(store, tag="t1", holder="killed")

assert sys.stdin.readline()
for last in range(100):
    status = os.waitpid(begin(lambda: task(last)), 0)[1]
    print(last, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "lived", flush=True)
    if not sys.stdin.readline():
        break
"""
)


def race(url: str, kind: str) -> dict[str, Counter[str]]:
    arguments = [str(PLUGINS), url, kind, str(PROCESSES), str(ROUNDS)]
    run = subprocess.run(
        [sys.executable, "-c", RACE, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    rounds: dict[str, Counter[str]] = {str(number): Counter() for number in range(ROUNDS)}
    for line in run.stdout.splitlines():
        number, got = line.split()
        rounds[number][got] += 1
    return rounds


def test_of_processes_that_claim_one_attempt_exactly_one_gets_it(store: Store, url: str) -> None:
    for got in race(url, "attempt").values():
        assert got == {"True": 1, "False": PROCESSES - 1}


def test_of_runs_of_one_campaign_exactly_one_submits(store: Store, url: str) -> None:
    for got in race(url, "runs").values():
        assert got == {"True": 1, "SubmissionInFlight": PROCESSES - 1}


@pytest.mark.services
def test_a_server_with_stricter_transactions_gives_the_same(postgresql_url: str) -> None:
    store = new_store(postgresql_url)
    with store.database.writing() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'"))
    store.close()
    for got in race(postgresql_url, "runs").values():
        assert got == {"True": 1, "SubmissionInFlight": PROCESSES - 1}


def test_a_killed_process_leaves_nothing_and_keeps_nobody_waiting(store: Store, url: str) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    killer = subprocess.Popen([sys.executable, "-c", KILLED, str(PLUGINS), url], **pipes)  # type: ignore[call-overload]
    killed = 0
    while True:
        killer.stdin.write("go\n")
        killer.stdin.flush()
        how = killer.stdout.readline().split()[1]
        if how == "lived":
            break
        assert how == "9"
        killed += 1
        assert store.attempts.all("t1") == []
        assert claim(store, another_run("another")), "nothing is locked"
        with store.database.writing() as connection:
            connection.execute(text("DELETE FROM ovh_sms_attempts"))
    assert (killer.communicate(timeout=30)[1], killer.returncode) == ("", 0)
    # Its statements: lock and time on PostgreSQL; the tag, two guards, the row, the row again; and before the commit.
    assert killed >= 6
    assert [each.holder for each in store.attempts.all("t1")] == ["killed"]
