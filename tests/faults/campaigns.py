"""A campaign's run, task by task as Airflow would run it; every step gives the others their turn."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from random import Random
from typing import Any, Protocol

from faults.children import Child
from faults.outside import Outside
from faults.plans import Plan
from faults.single import Strike
from faults.tasks import Job
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.sending.batch_write import NOT_FOUND

RETRIES = 3
#: The first order of a plan is of so many credits, the next of one more.
LEAST_ORDERED = 100
Steps = Generator[None, None, Any]


class Place(Protocol):
    """Where tasks run: gives them their environment, and hits them."""

    folder: Path
    environment: dict[str, str]
    weak: str
    rehearsal: Path | None
    waits: int
    plan: Plan
    #: What has happened that was done around the tasks.
    deeds: list[Strike]

    def happened(self, strike: Strike) -> None:
        """Count what was done around the tasks, not to a try of one."""

    @property
    def outside(self) -> Outside:
        """Where lists are public."""

    def attempt(self, job: Job, strikes: list[Strike]) -> Generator[None, None, dict[str, Any]]:
        """Make one try with what hits it."""


def together(steps: Iterable[Steps]) -> Steps:
    """Take turns until all have ended."""
    running = list(steps)
    while running:
        still = []
        for each in running:
            try:
                next(each)
                still.append(each)
            except StopIteration:
                pass
        running = still
        yield


def drive(steps: Steps) -> None:
    """Take all steps."""
    for _ in steps:
        time.sleep(0.01)


class Tasks:
    """The task instances of one run: their tries, results and last errors."""

    def __init__(self, place: Place, plan: Plan, number: int, name: str) -> None:
        self.place = place
        self.plan = plan
        self.number = number
        self.name = name
        self.run_id = f"run_{plan.number}_{number}"
        self.tries: dict[tuple[str, int], int] = defaultdict(int)
        self.results: dict[tuple[str, int], Any] = {}
        self.errors: dict[tuple[str, int], dict[str, Any]] = {}
        self.decided: dict[str, str] = {}

    @property
    def dag_id(self) -> str:
        """As Airflow would name it."""
        return f"sms_campaign_{self.name}"

    def task(self, name: str, index: int = -1, **given: Any) -> Generator[None, None, bool]:
        """Run a task until it succeeds, fails for good or has no retry left; a further call is a Clear."""
        key = (name, index)
        last = self.tries[key] + 1 + RETRIES
        while self.tries[key] < last:
            self.tries[key] += 1
            ended = yield from self.place.attempt(
                self._job(name, index, self.tries[key], last - 1, given), self._strikes(key)
            )
            if ended["ok"]:
                self.results[key] = ended["value"]
                self.errors.pop(key, None)
                return True
            self.errors[key] = ended
            if ended["final"]:
                break
            yield from pause(0.05)
        return False

    def _job(self, name: str, index: int, number: int, max_tries: int, given: dict[str, Any]) -> Job:
        stem = f"{self.name}_{self.number}_{name}_{index}"
        return Job(
            task=name,
            dag_id=self.dag_id,
            run_id=self.run_id,
            index=index,
            number=number,
            max_tries=max_tries,
            given=given,
            environment=self.place.environment,
            state=self.place.folder / f"{stem}.state.json",
            result=self.place.folder / f"{stem}_{number}.result.json",
            weak=self.place.weak,
            rehearsal=self.place.rehearsal,
            reconcile_policy=self.plan.reconcile_policy,
        )

    def _strikes(self, key: tuple[str, int]) -> list[Strike]:
        name, index = key
        return [
            strike
            for strike in self.plan.strikes
            if (strike.campaign, strike.task, strike.piece, strike.on_try)
            == (self.number, name, max(index, 0), self.tries[key])
        ]


class Submission(Tasks):
    """One run of one campaign.

    :param of: the number whose list and message this run has; its own unless two runs of one campaign meet.
    """

    #: Whether a person has stopped it.
    stopped = False

    def __init__(self, place: Place, plan: Plan, number: int, *, of: int) -> None:
        super().__init__(place, plan, number, f"c{plan.number}x{of}")
        rows, self.size = plan.runs[number]
        self.marker = f"[{plan.seed}.{plan.number}.{of}]"
        self.message = f"{self.marker} Bonjour #nom#, votre commande est en route."
        self.receivers, self.source = _list(place.folder, plan, of, rows)

    def everything(self) -> Steps:
        """Prepare, list the pieces, then upload, send and free each of them."""
        given = {
            "campaign": self.name,
            "contacts": str(self.source),
            "message": self.message,
            "stop_clause": False,
            "batch_size": self.size,
        }
        if not (yield from self.task("prepare", **given)):
            return
        if not (yield from self.task("split_into_batches", prepared=self.results["prepare", -1])):
            return
        yield from self.pieces(lambda index: True)

    def pieces(self, wanted: Callable[[int], bool]) -> Steps:
        """Upload, send and free pieces, all at once."""
        pieces = self.results.get(("split_into_batches", -1), [])
        yield from together(self._piece(i, piece) for i, piece in enumerate(pieces) if wanted(i))

    def _piece(self, index: int, piece: dict[str, Any]) -> Steps:
        receivers = None
        if (yield from self.task("upload_receivers", index, **self.upload(piece))):
            receivers = self.results["upload_receivers", index]
            yield from self.sending(index, receivers=receivers, prepared=piece)
        yield from self.task("free_receivers", index, receivers=receivers)

    def upload(self, prepared: dict[str, Any]) -> dict[str, Any]:
        """Parameters of the upload of a piece."""
        return {"prepared": prepared}

    def sending(self, index: int, **to: Any) -> Steps:
        """Send to receivers, however they are given."""
        given = {"message": self.message, "sender": "MYSHOP", "stop_clause": False, "campaign": self.name}
        yield from self.task("send", index, **given, **to, delay_minutes=self.plan.delay)

    def mend(self) -> Steps:
        """Clear what failed."""
        if ("split_into_batches", -1) not in self.results:
            yield from self.everything()
        else:
            yield from self.pieces(lambda index: ("send", index) not in self.results or self._failed(index))

    def _failed(self, index: int) -> bool:
        return ("send", index) in self.errors or ("upload_receivers", index) in self.errors

    @property
    def sent(self) -> bool:
        """Whether the run ended in success."""
        pieces = self.results.get(("split_into_batches", -1))
        return pieces is not None and all(
            ("send", i) in self.results and ("send", i) not in self.errors for i in range(len(pieces))
        )

    def tag(self, index: int) -> str:
        """The tag of the sending of a piece."""
        return submission_tag(self.dag_id, self.run_id, "send", index)

    @property
    def tags(self) -> set[str]:
        """The tags of its sendings."""
        return {self.tag(index) for index in range(len(self.results.get(("split_into_batches", -1), ())))}

    def not_found(self) -> set[str]:
        """Receivers that a person was told of before deciding that their sending was made all the same."""
        pieces = enumerate(self.results.get(("split_into_batches", -1), ()))
        files = (
            Path(piece["list_path"]).with_name(NOT_FOUND)
            for index, piece in pieces
            if self.decided.get(self.tag(index)) == "sent"
        )
        return {number for path in files if path.exists() for number in numbers_in(path)}


class OrderRun(Tasks):
    """One run that orders credits."""

    @property
    def quantity(self) -> int:
        """Credits it orders: no other run of the plan orders so many."""
        return LEAST_ORDERED + self.number

    def everything(self) -> Steps:
        """Order."""
        yield from self.task("order", threshold=10**7, quantity=self.quantity, max_price=1000.0)

    def mend(self) -> Steps:
        """Clear it where it failed."""
        if ("order", -1) in self.errors:
            yield from self.everything()

    @property
    def sent(self) -> bool:
        """Whether it ended in success."""
        return ("order", -1) in self.results and ("order", -1) not in self.errors


def numbers_in(path: Path) -> set[str]:
    """The numbers of a file of receivers."""
    with path.open(encoding="utf-8") as file:
        return {row[0] for row in list(csv.reader(file, delimiter=";"))[1:]}


def pause(seconds: float) -> Steps:
    """Let the others go on for some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def _list(folder: Path, plan: Plan, number: int, rows: int) -> tuple[set[str], Path]:
    """Write a list that shares receivers with the others; with rows that nobody can be reached at."""
    rng = Random(f"{plan.seed}/{plan.number}/{number}/list")
    numbers = rng.sample(range(60), rows)
    lines = [f"0639980{at:03d};Nom{at}" for at in numbers]
    lines += [f"0639980{rng.choice(numbers):03d};Encore", "12;Faux", ";Personne"]
    path = folder / f"list{number}.csv"
    path.write_text("\n".join(["numero;nom", *lines]) + "\n", encoding="utf-8")
    return {f"+33639980{at:03d}" for at in numbers}, path


__all__ = ["Child", "OrderRun", "Submission", "drive", "together"]
