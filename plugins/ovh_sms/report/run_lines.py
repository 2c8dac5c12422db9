"""The first line of a run's page, its notification and its command: its state, its figures and the next step."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ovh_sms.report import words
from ovh_sms.report.language import Translator
from ovh_sms.report.resolve_commands import resolve_commands
from ovh_sms.report.run_state import PROVISIONAL_FOR, BatchState, BatchStatus, RunStatus
from ovh_sms.report.short_moments import short_moment
from ovh_sms.store.run_records import Problem


@dataclass(frozen=True, kw_only=True)
class RunLines:
    """The state of a run in words.

    :param first: what happened, with its figures.
    :param action: what a person does; empty if nothing.
    :param commands: commands to copy, for the action.
    """

    first: str
    action: str = ""
    commands: tuple[str, ...] = ()


def run_lines(status: RunStatus, say: Translator, now: datetime) -> RunLines:
    """Say how far a run is and what to do about it.

    :param now: aware.
    """
    return _Lines(status, say, now).of_state()


def not_recorded(say: Translator) -> RunLines:
    """Say that a run has ended without a task that recorded anything."""
    first = say("Not sent: the run has ended before anything was submitted.")
    return RunLines(first=first, action=say("Read the log of its last task in Airflow, then clear it."))


class _Lines:
    """The lines of one run in one language."""

    def __init__(self, status: RunStatus, say: Translator, now: datetime) -> None:
        self.it, self.say, self.now = status, say, now
        self.zone = ZoneInfo(status.results.record.timezone)

    def of_state(self) -> RunLines:
        made: RunLines = getattr(self, f"_{self.it.state.value}")()
        return made

    def n(self, value: float | None) -> str:
        return words.count(value, self.say.language)

    def at(self, value: datetime) -> str:
        return short_moment(value, self.zone, self.say.language)

    def people(self, number: int) -> str:
        return self.say.several(number, "{n} person", "{n} people")

    def credits(self, number: float) -> str:
        many = int(number) if number in {0, 1} else 2
        return self.say.several(many, "{amount} credit", "{amount} credits", amount=self.n(number))

    def _of_planned(self) -> dict[str, str]:
        return {"batches": self.n(self.it.batches_sent), "of": self.n(self.it.batches_planned)}

    def _blocked(self) -> RunLines:
        problem = self._problem()
        if problem is None:
            return not_recorded(self.say)
        return RunLines(first=self.say("Not sent: {reason}", reason=_lowered(problem.what)), action=problem.action)

    def _problem(self) -> Problem | None:
        """The run's problem, or that of its first batch that has one."""
        own = self.it.results.record.problem
        return own or next(
            (each.results.record.problem for each in self.it.batches if each.results.record.problem), None
        )

    def _empty(self) -> RunLines:
        return RunLines(first=self.say("Nothing was sent: the contact list is empty."))

    def _preparing(self) -> RunLines:
        it, problem = self.it, self._problem()
        if problem is not None:
            return RunLines(
                first=self.say("Not sent yet: {reason}", reason=_lowered(problem.what)),
                action=self.say("Airflow tries it again by itself."),
            )
        if it.results.record.rows is None:
            return RunLines(first=self.say("The contact list is being read."))
        return RunLines(
            first=self.say(
                "{accepted} of {rows} rows are prepared; the checks before the upload come next.",
                accepted=self.n(it.receivers),
                rows=self.n(it.results.record.rows),
            )
        )

    def _waiting(self) -> RunLines:
        it = self.it
        until = min(each.results.record.waits_until for each in it.batches if each.results.record.waits_until)
        waiting = [each for each in it.batches if each.state is BatchState.WAITING]
        people = self.people(sum(each.results.record.receivers for each in waiting))
        first = self.say("Waits until {at} for the hours of {people}.", at=self.at(until), people=people)
        if it.batches_sent:
            first += " " + self.say("{batches} of {of} batches were sent.", **self._of_planned())
        return RunLines(first=first)

    def _submitting(self) -> RunLines:
        it = self.it
        moving = next((each for each in it.batches if each.state is BatchState.SUBMITTING), None)
        ready = next((each for each in it.batches if each.state in {BatchState.UPLOADED, BatchState.PREPARED}), None)
        batch, of = moving or ready, self.n(it.batches_planned)
        number = self.n(batch.results.record.batch) if batch else "1"
        if moving is not None:
            problem = moving.results.record.problem
            if problem is not None:
                first = self.say(
                    "OVH's answer to batch {number} of {of} was lost: OVH is being observed.", number=number, of=of
                )
            else:
                first = self.say("Batch {number} of {of} is being submitted.", number=number, of=of)
        elif ready is not None and ready.state is BatchState.UPLOADED:
            first = self.say("Batch {number} of {of} is uploaded and about to be submitted.", number=number, of=of)
        else:
            first = self.say("Batch {number} of {of} is about to be uploaded.", number=number, of=of)
        if it.batches_sent:
            first += " " + self.say("{batches} of {of} batches were sent.", **self._of_planned())
        return RunLines(first=first)

    def _held(self) -> RunLines:
        it = self.it
        assert it.opens_at is not None  # noqa: S101 - a batch is held until a moment
        first = self.say(
            "Accepted by OVH and held until {at}: the sending window for advertising is closed. {people}, {credits}.",
            at=self.at(it.opens_at),
            people=self.people(it.sent),
            credits=self.credits(it.credits_spent),
        )
        return self._cancellable(first)

    def _cancellable(self, first: str) -> RunLines:
        record = self.it.results.record
        command = shlex.join(["ovh-sms", "cancel", record.campaign, "--run", record.run_id])
        action = self.say("To withdraw what still waits at OVH, mark the run failed in Airflow, or use the command.")
        return RunLines(first=first, action=action, commands=(command,))

    def _leaving(self) -> RunLines:
        it = self.it
        if it.counted_at is None:
            first = self.say("Accepted by OVH: {people}. Not counted yet.", people=self.people(it.sent))
            return self._cancellable(first)
        if it.pace:
            first = self.say(
                "{left} of {sent} have left; about {time} more.",
                left=self.n(it.left),
                sent=self.n(it.sent),
                time=words.duration(max(60.0, 60 * round((it.sent - it.left) / it.pace / 60)), self.say.language),
            )
        else:
            first = self.say("{left} of {sent} have left.", left=self.n(it.left), sent=self.n(it.sent))
        return self._cancellable(f"{first} {self._as_of()}")

    def _as_of(self) -> str:
        at = self.it.counted_at
        return self.say("Counted {at}.", at=self.at(at)) if at else ""

    def _awaited(self) -> RunLines:
        it = self.it
        until = self.at((it.sent_at or self.now) + PROVISIONAL_FOR)
        first = self.say(
            "{final} of {sent} are final, {delivered} of them delivered; {open} phones have not answered, at the "
            "latest {at}.",
            final=self.n(it.final),
            sent=self.n(it.sent),
            delivered=self.n(it.delivered),
            open=self.n(it.sent - it.final),
            at=until,
        )
        return RunLines(first=f"{first} {self._as_of()}")

    def _final(self) -> RunLines:
        return RunLines(first=self._delivered())

    def _delivered(self) -> str:
        it = self.it
        share = words.percent(100 * it.delivered / it.sent if it.sent else None, self.say.language)
        return self.say(
            "Delivered to {delivered} of {people} ({share}). {credits}.",
            delivered=self.n(it.delivered),
            people=self.people(it.sent),
            share=share,
            credits=self.credits(it.credits_spent),
        )

    def _provisional(self) -> RunLines:
        it = self.it
        rest = self.say.several(
            it.sent - it.final,
            "The wait is over; {n} phone has not answered: it is not known whether it got the message.",
            "The wait is over; {n} phones have not answered: it is not known whether they got the message.",
        )
        return RunLines(first=f"{self._delivered()} {rest}")

    def _in_part(self) -> RunLines:
        it = self.it
        first = self.say(
            "{batches} of {of} batches were sent: {sent} of {people}. {unsent} were not written to, {rejected} rows "
            "rejected.",
            **self._of_planned(),
            sent=self.n(it.sent),
            people=self.people(it.receivers),
            unsent=self.n(it.not_written),
            rejected=self.n(it.rejected),
        )
        failed = next((each for each in it.batches if each.state is BatchState.FAILED), None)
        problem = failed.results.record.problem if failed else None
        action = self.say(
            "To send to the others, clear the failed tasks of this run: batches that were sent are not sent again."
        )
        if failed is not None and problem is not None:
            why = self.say(
                "Batch {number}: {reason}", number=self.n(failed.results.record.batch), reason=_ended(problem.what)
            )
            action = f"{why} {problem.action} {action}"
        return RunLines(first=first, action=action)

    def _cancelled(self) -> RunLines:
        it = self.it
        assert it.results.cancelled_at is not None  # noqa: S101 - its state says so
        said = {"at": self.at(it.results.cancelled_at), "rest": self._withdrawn()}
        if it.results.cancelled_by:
            first = self.say("Cancelled by {by}, {at}: {rest}", by=it.results.cancelled_by, **said)
        else:
            first = self.say("Cancelled {at}: {rest}", **said)
        if it.not_written:
            first += " " + self.say("{people} were never written to.", people=self.people(it.not_written))
        return RunLines(first=first)

    def _withdrawn(self) -> str:
        it = self.it
        if not it.batches_sent:
            return self.say("nothing had been sent.")
        return self.say(
            "{withdrawn} of {all} messages withdrawn and refunded, {rest} not withdrawn. {credits} spent.",
            withdrawn=self.n(it.withdrawn),
            all=self.n(it.withdrawn + it.sent),
            rest=self.n(it.sent),
            credits=self.credits(it.credits_spent),
        )

    def _unknown(self) -> RunLines:
        unknown = [each for each in self.it.batches if each.state is BatchState.UNKNOWN]
        first = " ".join(self._unknown_batch(each) for each in unknown)
        commands = tuple(command for each in unknown for command in resolve_commands(each))
        if commands:
            action = self.say("Search for the tag in OVH's manager, then use one command and clear the task.")
        else:
            action = self.say("Clear the task in Airflow: it searches for the batch at OVH, and sends nothing twice.")
        return RunLines(first=first, action=action, commands=commands)

    def _unknown_batch(self, batch: BatchStatus) -> str:
        number, record = self.n(batch.results.record.batch), batch.results.record
        since = batch.results.claimed_at
        first = self.say(
            "It is not known whether batch {number} of {of} ({people}) was sent, since {at}.",
            number=number,
            of=self.n(self.it.batches_planned),
            people=self.people(record.receivers),
            at=self.at(since) if since else words.ABSENT,
        )
        resolution, question = batch.results.resolution, batch.results.question
        if resolution is not None:
            return f"{first} {self.say('{by} resolved it; clear the task to go on.', by=resolution.by)}"
        if not question:
            return first
        shown = self.say("OVH shows none of its messages.")
        if question["found"]:
            shown = self.say("OVH shows {found} of its messages.", found=self.n(question["found"]))
        if question["credits_missing"]:
            shown += " " + self.say("Credits are missing as if it had been sent.")
        return f"{first} {shown}"


def _ended(sentence: str) -> str:
    """End a sentence with a full stop, also one that ends with OVH's codes in brackets."""
    return f"{sentence.removesuffix('.')}."


def _lowered(sentence: str) -> str:
    """Continue a sentence: a first word that is not a name begins small."""
    first, sentence = sentence.split(" ", 1)[0], _ended(sentence)
    return sentence[:1].lower() + sentence[1:] if first in {"The", "A", "An", "No", "It", "This"} else sentence
