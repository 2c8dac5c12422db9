"""The first lines of runs that are sent, all or in part, and of cancelled ones."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ovh_sms.report import words
from ovh_sms.report.batch_state import BatchState, BatchStatus
from ovh_sms.report.line_words import LineWords, RunLines, ended
from ovh_sms.store.run_records import LACKS_CREDITS


class SentLines(LineWords):
    """One method for each state."""

    def _held(self) -> RunLines:
        it = self.it
        assert it.opens_at is not None  # noqa: S101 - a batch is held until a moment
        first = self.say(
            "Accepted by OVH and held until {at}: the sending window for advertising is closed. {people}, {credits}.",
            at=self.at(it.opens_at),
            people=self.people(it.sent),
            credits=self.spent(),
        )
        still = self._cancellable(first)
        back = self.say(
            "It can be withdrawn until {at}; the credits of withdrawn messages come back.", at=self.at(it.opens_at)
        )
        return RunLines(first=first, action=f"{back} {still.action}", commands=still.commands)

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
                "{left} of {sent} have gone out; about {time} more.",
                left=self.n(it.left),
                sent=self.n(it.sent),
                time=words.duration(max(60.0, 60 * round((it.sent - it.left) / it.pace / 60)), self.say.language),
            )
        else:
            first = self.say("{left} of {sent} have gone out.", left=self.n(it.left), sent=self.n(it.sent))
        return self._cancellable(f"{first} {self._as_of()}")

    def _as_of(self) -> str:
        at = self.it.counted_at
        return self.say("Counted {at}.", at=self.at(at)) if at else ""

    def _awaited(self) -> RunLines:
        it = self.it
        until = self.at(it.awaited_until) if it.awaited_until else words.ABSENT
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
        first = self.say(
            "Delivered to {delivered} of {people} ({share}). {credits}.",
            delivered=self.n(it.delivered),
            people=self.people(it.sent),
            share=share,
            credits=self.spent(),
        )
        if it.sent == it.final:
            return first
        rest = self.say.several(
            it.sent - it.final,
            "{n} phone has not answered: it is not known whether it got the message.",
            "{n} phones have not answered: it is not known whether they got the message.",
        )
        return f"{first} {rest}"

    def _provisional(self) -> RunLines:
        later = self.say("They are collected again by themselves until 72 hours have passed.")
        return RunLines(first=f"{self._delivered()} {later}")

    def _uncollected(self) -> RunLines:
        it = self.it
        first = self.say(
            "The delivery receipts were not collected: {final} of {sent} were final when they were last counted.",
            final=self.n(it.final),
            sent=self.n(it.sent),
        )
        action = self.say("Clear the task *collect* of this run's batches in the DAG sms_campaign_report.")
        return RunLines(first=f"{first} {self._as_of()}", action=action)

    def _troubled(self) -> RunLines:
        it = self.it
        first = self.say("{sent} were sent, and something is wrong.", sent=self.people(it.sent))
        if it.surplus:
            first += " " + words.surplus(it.surplus, self.say)
        problems = [each.trouble for each in it.batches if each.trouble]
        reasons = " ".join(dict.fromkeys(self.say.kept(ended(each.what)) for each in problems))
        actions = " ".join(dict.fromkeys(self.say.kept(each.action) for each in problems))
        first = f"{first} {reasons}".strip()
        action = actions or self.say("Search for the tag in OVH's manager. Nothing is sent again.")
        if not it.still_waiting:
            return RunLines(first=first, action=action)
        still = self._cancellable(first)
        return RunLines(first=first, action=f"{action} {still.action}", commands=still.commands)

    def _in_part(self) -> RunLines:
        it = self.it
        first = self.say(
            "{batches} of {of} batches were sent: {sent} of {people}. {unsent} were not written to, {rejected} rows "
            "rejected.",
            **self.batches_of_planned(),
            sent=self.n(it.sent),
            people=self.people(it.receivers),
            unsent=self.n(it.not_written),
            rejected=self.n(it.rejected),
        )
        failed = [each for each in it.batches if each.state is BatchState.FAILED]
        action = " ".join([*self.problems_named(failed), *self._advice(failed), self._clear_failed(failed)])
        if not it.still_waiting:
            return RunLines(first=first, action=action)
        still = self._cancellable(f"{first} {self._still()}")
        return RunLines(first=still.first, action=f"{action} {still.action}", commands=still.commands)

    def _advice(self, failed: Sequence[BatchStatus]) -> list[str]:
        """The advice on the problems of batches that are not sent; for credits, how many."""
        problems = [each.results.record.problem for each in failed if each.results.record.problem]
        found = [self.say.kept(each.action) for each in problems if each.error not in LACKS_CREDITS]
        if len(found) < len(problems):
            found.append(self.credits_for_the_rest())
        return [*filter(None, dict.fromkeys(found))]

    def _clear_failed(self, failed: Sequence[BatchStatus]) -> str:
        steps = {each.results.record.problem.step for each in failed if each.results.record.problem}
        if not steps:
            return self.say(
                "To send to the others, clear the failed tasks of this run: batches that were sent are not sent again."
            )
        return self.say(
            "To send to the others, clear the failed tasks {tasks} of this run: batches that were sent are not sent "
            "again.",
            tasks=self.say.tasks(sorted(steps)),
        )

    def _still(self) -> str:
        it = self.it
        if it.opens_at is not None:
            return self.say("{n} of them wait at OVH until {at}.", n=self.n(it.still_waiting), at=self.at(it.opens_at))
        return self.say("{n} of them have not left yet.", n=self.n(it.still_waiting))

    def _cancelled(self) -> RunLines:
        it = self.it
        assert it.results.cancelled_at is not None  # noqa: S101 - its state says so
        said = {"at": self.at(it.results.cancelled_at), "rest": self._withdrawn()}
        if by := it.results.cancelled_by:
            first = self.say("Cancelled by {by}, {at}: {rest}", by=by, **said)
        else:
            first = self.say("Cancelled {at}: {rest}", **said)
        if it.not_written:
            first += " " + self.say("{people} were never written to.", people=self.people(it.not_written))
        return RunLines(first=first)

    def _withdrawn(self) -> str:
        it = self.it
        if not it.batches_sent and not it.withdrawn:
            return self.say("nothing had been sent.")
        return self.say(
            "{withdrawn} of {all} messages withdrawn and refunded, {rest} not withdrawn. {credits} spent.",
            withdrawn=self.n(it.withdrawn),
            all=self.n(it.withdrawn + it.sent),
            rest=self.n(it.sent),
            credits=self.spent(),
        )

    def _cancelling(self) -> RunLines:
        it = self.it
        assert it.results.cancelled_at is not None  # noqa: S101 - its state says so
        first = self.say(
            "Cancelled {at}, and {waiting} of {sent} may still leave: {withdrawn} withdrawn so far.",
            at=self.at(it.results.cancelled_at),
            waiting=self.n(it.still_waiting),
            sent=self.n(it.sent),
            withdrawn=self.n(it.withdrawn),
        )
        action = self.say("If the DAG sms_campaign_cancel does not end or has failed, use the command.")
        return RunLines(
            first=f"{first} {self._as_of()}".strip(), action=action, commands=self._cancellable("").commands
        )
