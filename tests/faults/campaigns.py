"""A campaign's run, task by task as Airflow would run it; the runs take turns after each step."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from random import Random
from typing import Any, Protocol

from faults.children import Child
from faults.count import Text
from faults.outside import Outside
from faults.plans import Plan
from faults.single import Strike
from faults.tasks import PlannedTry
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.sending.receiver_files import NOT_FOUND

RETRIES = 3
#: The terms of every campaign beside its message.
TERMS = {"sender": "MYSHOP", "sender_for_response": False, "stop_clause": False}
#: Tasks that work for the user who sends.
AS_USER = ("prepare", "upload_receivers", "send", "free_receivers", "strangers")
#: The column that a message uses.
NAME = "#nom#"
Steps = Generator[None, None, Any]


class Place(Protocol):
    """Gives tasks their environment, and hits them."""

    folder: Path
    environment: dict[str, str]
    weak: str
    rehearsal: Path | None
    waits: int
    plan: Plan
    #: Strikes around the tasks that have happened.
    deeds: list[Strike]

    def happened(self, strike: Strike) -> None:
        """Count a strike around the tasks, not at a try of one."""

    @property
    def outside(self) -> Outside:
        """The server of public lists."""

    def attempt(self, planned: PlannedTry, strikes: list[Strike]) -> Generator[None, None, dict[str, Any]]:
        """Make one try with the strikes at it."""


def together(steps: Iterable[Steps]) -> Steps:
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
        self.try_numbers: dict[tuple[str, int], int] = defaultdict(int)
        self.results: dict[tuple[str, int], Any] = {}
        self.errors: dict[tuple[str, int], dict[str, Any]] = {}
        self.resolved: dict[str, str] = {}

    @property
    def dag_id(self) -> str:
        return f"sms_campaign_{self.name}"

    def task(self, name: str, index: int = -1, **given: Any) -> Generator[None, None, bool]:
        """Run a task until it succeeds, fails for good or has no retry left; another call is a Clear."""
        key = (name, index)
        last = self.try_numbers[key] + 1 + RETRIES
        while self.try_numbers[key] < last:
            self.try_numbers[key] += 1
            ended = yield from self.place.attempt(
                self._planned(name, index, self.try_numbers[key], last - 1, given), self._strikes(key)
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

    def _planned(self, name: str, index: int, number: int, max_tries: int, given: dict[str, Any]) -> PlannedTry:
        if self.plan.user and name in AS_USER:
            given = {**given, "user": self.plan.user}
        stem = f"{self.name}_{self.number}_{name}_{index}"
        return PlannedTry(
            task=name,
            dag_id=self.dag_id,
            run_id=self.run_id,
            index=index,
            number=number,
            max_tries=max_tries,
            given=given,
            environment=self.place.environment,
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
            if (strike.campaign, strike.task, strike.batch, strike.on_try)
            == (self.number, name, max(index, 0), self.try_numbers[key])
        ]


class CampaignRun(Tasks):
    """One run of one campaign.

    :param of: the number whose list and message this run has; its own unless two runs of one campaign meet.
    """

    #: Whether a person has cancelled it.
    cancelled = False
    #: Whether it reports that a proxy has repeated its submission.
    noticed_repeat = False

    def __init__(self, place: Place, plan: Plan, number: int, *, of: int) -> None:
        super().__init__(place, plan, number, f"c{plan.number}x{of}")
        rows, self.size = plan.runs[number]
        self.marker = f"[{plan.seed}.{plan.number}.{of}]"
        self.message = f"{self.marker} Bonjour #nom#, votre commande est en route."
        #: The values of the message for each receiver: a number may get several texts.
        self.names, self.source = _list(place.folder, plan, of, rows)

    def everything(self) -> Steps:
        """Prepare, split into batches, then upload, send and free each of them."""
        if (yield from self.task("prepare", **self.preparation)):
            yield from self.from_split()

    @property
    def preparation(self) -> dict[str, Any]:
        """Parameters of the task that prepares the list."""
        return {
            "campaign": self.name,
            "contacts": str(self.source),
            "message": self.message,
            "stop_clause": False,
            "batch_size": self.size,
            "terms": {**TERMS, "user": self.plan.user or None},
            "options": {"duplicates": "number_and_text" if self.plan.texts > 1 else "number"},
        }

    @property
    def receivers(self) -> set[str]:
        return set(self.names)

    @property
    def texts(self) -> set[Text]:
        """Each text that one of its receivers is to get."""
        return {(receiver, self.text(name)) for receiver, names in self.names.items() for name in names}

    def text(self, name: str) -> str:
        return self.message.replace(NAME, name)

    def from_split(self) -> Steps:
        """Go on from the prepared list."""
        if not (yield from self.task("split_into_batches", prepared=self.results["prepare", -1])):
            return
        yield from self.batches(lambda index: True)

    def batches(self, wanted: Callable[[int], bool]) -> Steps:
        batches = self.results.get(("split_into_batches", -1), [])
        yield from together(self._batch(i, batch) for i, batch in enumerate(batches) if wanted(i))

    def _batch(self, index: int, batch: dict[str, Any]) -> Steps:
        receivers = None
        if (yield from self.task("upload_receivers", index, **self.upload(batch))):
            receivers = self.results["upload_receivers", index]
            yield from self.send(index, receivers=receivers, prepared=batch)
        yield from self.task("free_receivers", index, receivers=receivers)

    def upload(self, prepared: dict[str, Any]) -> dict[str, Any]:
        return {"prepared": prepared}

    def send(self, index: int, **to: Any) -> Steps:
        given = {"message": self.message, "campaign": self.name, **TERMS}
        way = {} if self.plan.via is None else {"via": self.plan.via, "ovh_batches_merge": True}
        yield from self.task("send", index, **given, **to, **way, delay_minutes=self.plan.delay)

    def mend(self) -> Steps:
        if ("split_into_batches", -1) not in self.results:
            yield from self.everything()
        else:
            yield from self.batches(lambda index: ("send", index) not in self.results or self._failed(index))

    def _failed(self, index: int) -> bool:
        return ("send", index) in self.errors or ("upload_receivers", index) in self.errors

    @property
    def sent(self) -> bool:
        batches = self.results.get(("split_into_batches", -1))
        return batches is not None and all(
            ("send", i) in self.results and ("send", i) not in self.errors for i in range(len(batches))
        )

    def tag(self, index: int) -> str:
        return submission_tag(self.dag_id, self.run_id, "send", index)

    @property
    def tags(self) -> set[str]:
        return {self.tag(index) for index in range(len(self.results.get(("split_into_batches", -1), ())))}

    def not_found(self) -> set[Text]:
        batches = enumerate(self.results.get(("split_into_batches", -1), ()))
        files = (
            Path(batch["list_path"]).with_name(NOT_FOUND)
            for index, batch in batches
            if self.resolved.get(self.tag(index)) == "sent"
        )
        return {text for path in files if path.exists() for text in self.texts_in(path)}

    def texts_in(self, path: Path) -> set[Text]:
        return texts_in(path, self.message)


def texts_in(path: Path, message: str) -> set[Text]:
    """The texts of a list's receivers; of a list of numbers alone all have one."""
    with path.open(encoding="utf-8") as file:
        return {(row[0], message.replace(NAME, row[-1])) for row in list(csv.reader(file, delimiter=";"))[1:]}


def pause(seconds: float) -> Steps:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def _list(folder: Path, plan: Plan, number: int, rows: int) -> tuple[dict[str, list[str]], Path]:
    rng = Random(f"{plan.seed}/{plan.number}/{number}/list")
    numbers = rng.sample(range(60), rows)
    names = {at: [f"Nom{at}", *(f"Enfant{at}.{text}" for text in range(1, plan.texts))] for at in numbers}
    lines = [f"0639980{at:03d};{name}" for at in numbers for name in names[at]]
    again = rng.choice(numbers)
    lines += [f"0639980{again:03d};{'Encore' if plan.texts == 1 else names[again][-1]}", "12;Faux", ";Personne"]
    path = folder / f"list{number}.csv"
    path.write_text("\n".join(["numero;nom", *lines]) + "\n", encoding="utf-8")
    return {f"+33639980{at:03d}": names[at] for at in numbers}, path


__all__ = ["CampaignRun", "Child", "drive", "together"]
