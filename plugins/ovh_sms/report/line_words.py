"""The words that the first lines of runs have in common: counts, people, moments, credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ovh_sms.report import words
from ovh_sms.report.batch_state import MOVING, BatchState, BatchStatus
from ovh_sms.report.language import Translator
from ovh_sms.report.run_state import RunStatus
from ovh_sms.report.short_moments import short_moment


@dataclass(frozen=True, kw_only=True)
class RunLines:
    """The state of a run in words.

    :param first: what happened, with its figures.
    :param action: what a person does; empty if nothing.
    :param commands: commands to copy, for the action.
    :param meanings: when each command is used and what it does; none if the action says it of the only one.
    """

    first: str
    action: str = ""
    commands: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Each command after its meaning, which may be empty."""
        return list(zip(self.meanings or ("",) * len(self.commands), self.commands, strict=True))


def ended(sentence: str) -> str:
    """End a sentence with a full stop, also one that ends with OVH's codes in brackets."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def not_recorded(say: Translator) -> RunLines:
    """Say that a run has ended without a task that recorded anything."""
    first = say("Not sent: the run has ended before anything was submitted.")
    return RunLines(first=first, action=say("Read the log of its last task in Airflow, then clear it."))


class LineWords:
    """Words about one run in one language.

    :param now: aware.
    """

    def __init__(self, status: RunStatus, say: Translator, now: datetime) -> None:
        self.it, self.say, self.now = status, say, now
        self.zone = ZoneInfo(status.results.record.timezone)

    def n(self, value: float | None) -> str:
        """A count."""
        return words.count(value, self.say.language)

    def at(self, value: datetime) -> str:
        """A moment in the campaign's zone."""
        return short_moment(value, self.zone, self.say.language)

    def people(self, number: int) -> str:
        """A number of people."""
        return self.say.several(number, "{n} person", "{n} people")

    def credits(self, number: float) -> str:
        """An amount of credits."""
        many = int(number) if number in {0, 1} else 2
        return self.say.several(many, "{amount} credit", "{amount} credits", amount=self.n(number))

    def spent(self) -> str:
        """The credits spent, and whether those of some batches are not known."""
        it = self.it
        missing = it.batches_sent - it.credits_known
        known = self.credits(it.credits_spent)
        if missing <= 0:
            return known
        if not it.credits_known:
            return self.say("credits not known")
        return self.say.several(missing, "{known}, without {n} batch", "{known}, without {n} batches", known=known)

    def problems_named(self, batches: Sequence[BatchStatus]) -> list[str]:
        """The problems of batches, each of them once: ``Batches 5 to 10: OVH refused the request: …``."""
        alike: dict[str, list[BatchStatus]] = {}
        for each in batches:
            if each.results.record.problem is not None:
                alike.setdefault(each.results.record.problem.what, []).append(each)
        return [
            self.say("{batches}: {reason}", batches=words.sentence(self.batches_named(several)), reason=ended(what))
            for what, several in alike.items()
        ]

    def credits_for_the_rest(self) -> str:
        """How many credits the batches need that are not sent, and whether the account holds them."""
        it = self.it
        rest = [each.results.record for each in it.batches if each.state in {*MOVING, BatchState.FAILED}]
        if not rest or any(each.credits is None for each in rest):
            return ""
        needed = sum(each.credits or 0.0 for each in rest)
        reading, n = it.results.credits_reading, self.credits(needed)
        if reading is None:
            return self.say("The rest of the run needs {needed}: order those that the account lacks.", needed=n)
        known = {"needed": n, "left": self.n(reading.credits_left), "at": self.at(reading.at)}
        if reading.credits_left >= needed:
            return self.say(
                "The rest of the run needs {needed}. By its newest reading, {at}, less what was sent since, the "
                "account holds {left}: no order is needed.",
                **known,
            )
        return self.say(
            "The rest of the run needs {needed}. By its newest reading, {at}, less what was sent since, the account "
            "holds {left}: order at least {missing}.",
            missing=self.credits(needed - reading.credits_left),
            **known,
        )

    def batches_named(self, batches: Sequence[BatchStatus]) -> str:
        """Their numbers: ``batch 3``, ``batches 3 and 5``, ``batches 5 to 10``."""
        numbers = sorted(each.results.record.batch for each in batches)
        if len(numbers) == 1:
            return self.say("batch {n}", n=self.n(numbers[0]))
        last = self.n(numbers[-1])
        if numbers[-1] - numbers[0] == len(numbers) - 1 > 1:
            return self.say("batches {first} to {last}", first=self.n(numbers[0]), last=last)
        return self.say("batches {some} and {last}", some=", ".join(map(self.n, numbers[:-1])), last=last)

    def batches_of_planned(self) -> dict[str, str]:
        """The batches sent, of those planned."""
        return {"batches": self.n(self.it.batches_sent), "of": self.n(self.it.batches_planned)}
