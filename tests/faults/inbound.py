"""`make faults`, replies: pulled, acted upon and answered while processes die at each boundary and calls break.

Each round lets three people reply: one confirms, one says STOP, one writes anything. The tasks that collect, announce
and answer are killed at one boundary after another, and run again as Airflow would, until they end in success. In
between answers are lost, requests are executed after the death of their process, and two tasks work at once. What came
of it is counted from the sandbox's truth, into build/faults_replies.json. With a guard off, the task that it guards is
killed where it matters, and nowhere else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from faults.inbound_world import boundary_of, forget_answers, surroundings
from faults.kill_rounds import KillRounds, carried_out, command

#: People of the one campaign; not all of them get its message.
PEOPLE = 900
TEXT = "Merci, a mardi !"
#: What the three of each round write.
SAID = ("OUI", "STOP", "je ne sais pas")
#: Seconds of quiet_period and reconcile_timeout.
QUIET, TIMEOUT = 1.2, 8.0
#: Tries of one task, with those that are killed.
MOST_TRIES = 8
#: After these a task is run again: by its triggerer, which has it wait at OVH, or by its retries.
AGAIN = ("TaskDeferred", "OutcomeUnknown", "Unavailable", "DeadlineMissed", "OperationalError")
#: So many rounds of kills, then one of another kind.
KILLS_IN_A_ROW = 4
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
OTHERS = ("answer lost", "reset before", "executed after its process died", "run twice at once", "listing refused")
#: Guards that can be switched off, so that the count must find something.
WEAK = ("", "journal", "mark")


class Rounds(KillRounds):
    """Carries out rounds in one world."""

    def __init__(self, home: Path, sandbox: Any, airflow: Any, *, weak: str = "") -> None:
        super().__init__(home, sandbox, weak=weak)
        self.airflow = airflow
        self.events: list[dict[str, Any]] = []
        self.answering: list[str] = []
        self.opting_out: list[str] = []
        self._boundaries: dict[str, list[str]] = {"collect": [], "announce": [], "answer": []}
        self._people: Iterator[str] = iter(())

    def prepare(self) -> None:
        """Send the campaign, and count the boundaries of each task."""
        there = self._run("setup", 0, self._set_up)
        self._people = iter(there)
        self.import_modules()
        for number in (-1, 0):  # the first pull of an account reads the windows of a week
            self._reply()
            for name in self._boundaries:
                self._run(name, number, self._work(name, number))
        if self.errors:
            raise SystemExit("\n".join(self.errors))

    def run(self, injected: int, minutes: float) -> None:
        """Carry out rounds until so many faults have hit."""
        ends, kills = time.monotonic() + 60 * minutes, count(1)
        for number in count(1):
            if self.injected >= injected or time.monotonic() > ends:
                break
            self._reply()
            if self.weak or number % (KILLS_IN_A_ROW + 1):
                at = next(kills)
                for name, boundaries in list(self._boundaries.items()):
                    kill_at = boundary_of(name, boundaries, at, self.weak)
                    self._run(name, number, self._work(name, number), kill_at=kill_at)
            else:
                self._other(number, OTHERS[number // (KILLS_IN_A_ROW + 1) % len(OTHERS)])
        for name in self._boundaries:
            self._run(name, 10**6, self._work(name, 10**6))

    def _reply(self) -> None:
        people = [next(self._people) for _ in SAID]
        for person, text in zip(people, SAID, strict=True):
            self.sandbox.reply(person, text)
        if self.weak == "mark":
            time.sleep(1.1)  # OVH dates replies in whole seconds
        self.answering.append(people[0])
        self.opting_out.append(people[1])

    def _other(self, number: int, kind: str) -> None:
        """A round in which no process is killed at a boundary."""
        from faults.inbound_child import Task

        if kind == "listing refused":
            self.sandbox.fault("status", status=503, method="GET", path="/sms/*/incoming*", times=2)
        for name in ("collect", "announce"):
            self._run(name, number, self._work(name, number))
        before = sum(self.sandbox.fired().values())
        if kind == "answer lost":
            self.sandbox.fault("lost_answer", **SUBMIT)
        elif kind == "reset before":
            self.sandbox.fault("reset_before", **SUBMIT)
        elif kind == "executed after its process died":
            self.executed_after_death(kind, self._work("answer", number), SUBMIT)
        elif kind == "run twice at once":
            (self.home / "beside").mkdir(exist_ok=True)
            other = Task(self._work("answer", -number), self.home / "beside")
            self._run("answer", number, self._work("answer", number))
            other.wait()
            self.hits[kind] += 1
        self._run("answer", number, self._work("answer", number))
        if kind in ("answer lost", "reset before", "listing refused"):
            self.hits[kind] += kind == "listing refused" or sum(self.sandbox.fired().values()) > before

    def _run(self, name: str, number: int, work: Callable[[], Any], *, kill_at: int = 0) -> Any:
        """Run a task until it ends in success; its first try may be killed."""
        from faults.inbound_child import Task

        states = self.airflow.tasks.setdefault(f"announce_{number}", {"announce": "running"})
        for _ in range(MOST_TRIES):
            task = Task(work, self.home, kill_at=kill_at)
            ended = task.wait()
            if ended.get("killed"):
                self.note_kill(name, task.boundaries())
                kill_at = 0
                if self.weak == "journal" and name == "answer":
                    forget_answers(self.home)
                continue
            if "value" in ended:
                if name in self._boundaries and number == 0:
                    self._boundaries[name] = task.boundaries()
                if name == "announce":
                    states["announce"] = "success"
                    self.events += ended["value"]["runs"]
                return ended["value"]
            if ended["error"] not in AGAIN:
                self.errors.append(f"{name} {number}: {ended['error']}: {ended['says']}")
                return None
            time.sleep(0.1)
        self.errors.append(f"{name} {number}: no success in {MOST_TRIES} tries")
        return None

    def _work(self, name: str, number: int) -> Callable[[], Any]:
        def collect() -> Any:
            from ovh_sms.operators.collect_replies import CollectRepliesOperator
            from support.answered_runs import collecting

            given = {"overlap": timedelta(0)} if self.weak == "mark" else {}
            campaigns = str(self.home / "include" / "campaigns")
            task = CollectRepliesOperator(task_id="default", campaigns=campaigns, **given)
            return self._with_modules(collecting(task, run_id=f"collect_{number}"))

        def announce() -> Any:
            from support.answered_runs import announcing

            result, _ = announcing(f"announce_{number}")
            return self._with_modules(result)

        def answer() -> Any:
            from support.answers import answer as answer_once

            times = {"quiet_period": timedelta(seconds=QUIET), "reconcile_timeout": timedelta(seconds=TIMEOUT)}
            return self._with_modules(answer_once(run_id=f"answer_{number}", try_number=4, message=TEXT, **times))

        return {"collect": collect, "announce": announce, "answer": answer}[name]

    def _with_modules(self, value: Any) -> Any:
        (self.home / "modules.json").write_text(json.dumps(sorted(sys.modules)))
        return value

    def _set_up(self) -> list[str]:
        """Send the campaign to all people, and collect its receipts: their STOPs are counted for it."""
        from ovh_sms.api.outgoing import OutgoingClient
        from support.answered_runs import people, reached
        from support.answers import send_visit

        (OutgoingClient.export.__kwdefaults__ or {})["poll_seconds"] = 0.1
        run = send_visit(self.home / "include", people(0, PEOPLE))
        self.sandbox.clock(leap=3_600)  # OVH's time goes on with its messages
        run.collect()
        return self._with_modules(reached(self.sandbox, run))

    def counts(self) -> dict[str, int]:
        """Count from the sandbox's truth."""
        from faults.inbound_count import count_announced, count_answers, count_opt_outs, count_replies
        from ovh_sms.store.inbound_tables import inbound
        from ovh_sms.store.store import Store

        store, account = Store(f"sqlite:///{self.home}/data/results.sqlite"), self.sandbox.account_name
        with store.database.reading() as connection:
            query = inbound.select().where(inbound.c.account == account)
            stored = [dict(row) for row in connection.execute(query).mappings()]
        received = self.sandbox.replies(account=account)
        known = [each for each in self.opting_out if store.opt_out_digests.has(each)]
        messages = self.sandbox.messages(account=account)
        store.close()
        return {
            "replies": len(received),
            "answers": sum(each["message"] == TEXT for each in messages),
            **count_replies(received, stored),
            **count_announced(len(received), self.events),
            **count_answers(messages, TEXT, self.answering),
            **count_opt_outs(self.opting_out, known),
            "errors": len(self.errors),
        }


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Carry out the rounds of one command line; returns the counts."""

    def rounds(home: Path, sandbox: Any) -> Rounds:
        os.environ["AIRFLOW_HOME"] = str(home)
        sandbox.features(export_seconds=0.2)
        return Rounds(home, sandbox, surroundings(home, sandbox, given.weak), weak=given.weak)

    os.environ |= {"AIRFLOW__CORE__LOAD_EXAMPLES": "False", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return carried_out(given, "ovh_sms_replies_", rounds)


def main() -> int:
    from faults.inbound_count import INBOUND_BREACHES

    return command(
        "faults.inbound",
        __doc__,
        run,
        breaches=INBOUND_BREACHES,
        counted=("replies", "answers"),
        weak=WEAK,
        injected=200,
        minutes=20,
        out="build/faults_replies.json",
    )


if __name__ == "__main__":
    sys.exit(main())
