"""The first lines of runs that are not sent, not yet, or perhaps."""

from __future__ import annotations

from collections.abc import Sequence

from ovh_sms.report import words
from ovh_sms.report.batch_state import MOVING, BatchState, BatchStatus
from ovh_sms.report.line_words import RunLines, ended, not_recorded
from ovh_sms.report.pilot_lines import PilotLines
from ovh_sms.report.resolve_commands import resolve_commands
from ovh_sms.store.run_records import LACKS_CREDITS, Problem


class UnsentLines(PilotLines):
    """One method for each state."""

    def _blocked(self) -> RunLines:
        problem = self._problem()
        if problem is None:
            return not_recorded(self.say)
        action = self.say.kept(problem.action)
        if f"*{problem.step}*" not in problem.action:
            action = " ".join(filter(None, (action, self.say("The task that failed is *{step}*.", step=problem.step))))
        if problem.error in LACKS_CREDITS and self.it.results.record.problem is None:
            tasks = self.say("Then clear the failed tasks *{step}* of this run.", step=problem.step)
            action = f"{self.credits_for_the_rest()} {tasks}".strip()
        return RunLines(first=self.say("Not sent: {reason}", reason=_lowered(ended(problem.what))), action=action)

    def _problem(self) -> Problem | None:
        """The run's problem, or that of its first batch that has one."""
        own = self.it.results.record.problem
        return own or next(
            (each.results.record.problem for each in self.it.batches if each.results.record.problem), None
        )

    def _empty(self) -> RunLines:
        if self.it.batches:
            return RunLines(
                first=self.say("Nothing was sent: everybody on the list has opted out since it was prepared.")
            )
        return RunLines(first=self.say("Nothing was sent: the contact list is empty."))

    def _preparing(self) -> RunLines:
        it, problem = self.it, self._problem()
        if problem is not None:
            return RunLines(
                first=self.say("Not sent yet: {reason}", reason=_lowered(ended(problem.what))),
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

    def _awaiting_credits(self) -> RunLines:
        awaited = self.it.results.awaited_credits
        assert awaited is not None  # noqa: S101 - the state says so
        needed, left, until = self.credits(awaited.needed), self.n(awaited.credits_left), self.at(awaited.until)
        if awaited.reserved_by_others:
            first = self.say(
                "Waits for credits until {until}: it costs {needed}; the account held {left} {at}, and other runs had "
                "reserved {reserved} of them.",
                until=until,
                needed=needed,
                left=left,
                at=self.at(awaited.checked_at),
                reserved=self.n(awaited.reserved_by_others),
            )
        else:
            first = self.say(
                "Waits for credits until {until}: it costs {needed}; the account held {left} {at}.",
                until=until,
                needed=needed,
                left=left,
                at=self.at(awaited.checked_at),
            )
        missing = awaited.needed + awaited.reserved_by_others - awaited.credits_left
        action = self.say(
            "Order at least {missing}, or give the run up: mark it failed.", missing=self.credits(missing)
        )
        return RunLines(first=first, action=action)

    def _waiting(self) -> RunLines:
        waiting = [each for each in self.it.batches if each.state is BatchState.WAITING]
        return RunLines(first=self._with_sent(self.wait_named(waiting)))

    def _awaiting_pilot(self) -> RunLines:
        return RunLines(first=self.pilot_awaited())

    def _with_sent(self, first: str) -> str:
        """Add how many batches were sent, and when the last ones leave."""
        sent = self.say("{batches} of {of} batches were sent.", **self.batches_of_planned())
        if not self.it.batches_sent:
            sent = ""
        return " ".join(filter(None, (first, sent, self.pilot_to_leave(), self.pilot_passed(), self.last_departure())))

    def _submitting(self) -> RunLines:
        it = self.it
        if awaited := self.pilot_awaited():
            return RunLines(first=awaited)
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
        first = self._with_sent(first)
        problem = batch.results.record.problem if batch else None
        if problem is None or moving is not None:
            return RunLines(first=first)
        again = self.say("Airflow tries it again by itself.")
        return RunLines(
            first=first, action=self.say("The last try failed: {reason}", reason=problem.what) + f" {again}"
        )

    def _unknown(self) -> RunLines:
        unknown = [each for each in self.it.batches if each.state is BatchState.UNKNOWN]
        first = " ".join(self._unknown_batch(each) for each in unknown)
        asked = [each for each in unknown if resolve_commands(each)]
        if len(asked) == 1:
            action = self.say(
                "Search OVH's manager for the tag {tag}, use one of these commands, then clear the task *send* of "
                "{batch}.",
                tag=asked[0].results.record.tag,
                batch=self.batches_named(asked),
            )
        elif asked:
            action = self.say(
                "Search OVH's manager for each tag, use one command for each, then clear the task *send* of {batches}.",
                batches=self.batches_named(asked),
            )
        else:
            action = self.say(
                "Clear the task *send* of {batch} in Airflow: it searches for the batch at OVH, and sends nothing "
                "twice.",
                batch=self.batches_named(unknown),
            )
        return RunLines(
            first=first,
            action=" ".join(filter(None, (action, self._not_sent_yet()))),
            commands=tuple(command for each in asked for command in resolve_commands(each)),
            meanings=tuple(meaning for each in asked for meaning in self._meanings(each, is_one_of=len(asked))),
        )

    def _meanings(self, batch: BatchStatus, *, is_one_of: int) -> list[str]:
        """When each command is used, and what follows from it."""
        record = batch.results.record
        found = [self.say("You find its messages: mark it as sent. Nothing is sent again:")]
        if len(resolve_commands(batch)) > 1:
            found.append(
                self.say(
                    "You find none: have it sent when the task is cleared. If it did leave, {people} get it twice:",
                    people=self.people(record.receivers),
                )
            )
        if is_one_of == 1:
            return found
        name = words.sentence(self.batches_named([batch]))
        return [self.say("{batch}, tag {tag}: {meaning}", batch=name, tag=record.tag, meaning=each) for each in found]

    def _not_sent_yet(self) -> str:
        """The next step of the batches that are neither sent nor unknown; empty without any."""
        stopped = [each for each in self.it.batches if each.state is BatchState.FAILED]
        moving = [each for each in self.it.batches if each.state in MOVING]
        said = []
        if stopped:
            said.append(
                self.say(
                    "Not sent yet: {batches} ({people}); clear the failed tasks of this run, and the rest follows.",
                    **self._rest(stopped),
                )
            )
        if moving:
            said.append(
                self.say("Not sent yet: {batches} ({people}); Airflow goes on with the rest.", **self._rest(moving))
            )
        return " ".join(said)

    def _rest(self, batches: Sequence[BatchStatus]) -> dict[str, str]:
        return {"batches": self.batches_named(batches), "people": self.people(sum(each.receivers for each in batches))}

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
            way = self.say("{by} resolved it; clear its task *send* to go on.", by=resolution.by)
            return f"{first} {way}"
        if not question:
            return first
        if question["found"]:
            shown = self.say("OVH shows {found} of its messages.", found=self.n(question["found"]))
        else:
            shown = self.say("OVH shows none of its messages.")
        if question["credits_missing"]:
            shown += " " + self.say("Credits are missing as if it had been sent.")
        return f"{first} {shown}"


def _lowered(sentence: str) -> str:
    """Continue a sentence: a first word that is not a name begins small."""
    first = sentence.split(" ", 1)[0]
    return sentence[:1].lower() + sentence[1:] if first in {"The", "A", "An", "No", "It", "This"} else sentence
