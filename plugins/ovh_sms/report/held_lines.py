"""The first lines of runs whose batches wait for a person: too many people answered STOP, or the pilot failed."""

from __future__ import annotations

import shlex

from ovh_sms.report import words
from ovh_sms.report.batch_state import BatchState
from ovh_sms.report.line_words import LineWords, RunLines
from ovh_sms.store.held_runs import HeldRun


class HeldLines(LineWords):
    """One method for each state."""

    def _on_hold(self) -> RunLines:
        held, it = self._held_run(), self.it
        waiting = [each for each in it.batches if each.state is BatchState.ON_HOLD]
        first = self.say(
            "{batches} of {of} batches were sent. The others wait for a person since {at}: {figures}.",
            **self.batches_of_planned(),
            at=self.at(held.held_at),
            figures=self._figures(held),
        )
        later = [each.results.record.waits_until for each in waiting]
        opens = min((each for each in later if each is not None and each > self.now), default=None)
        if opens is not None and held.pilot_sent is None:
            first += " " + self.say("Their hours are over for now: they would leave {at}.", at=self.at(opens))
        people = self.people(it.to_come)
        action = self.say("Read the message and what people answered, then use one of these commands.")
        if held.pilot_sent == 0:
            action = self.say(
                "Use one of these commands. For another pilot, leave the others unsent, and start a new run."
            )
        return RunLines(
            first=first,
            action=action,
            commands=tuple(self._command(decision) for decision in ("send", "drop")),
            meanings=(
                self.say("Have the others sent, to {people} less those who have answered STOP:", people=people),
                self.say("Leave the others unsent; the run ends without them:"),
            ),
        )

    def _dropped(self) -> RunLines:
        held, it = self._held_run(), self.it
        first = self.say(
            "{batches} of {of} batches were sent, to {sent} of {people}. {by} decided {at} to leave the others unsent: "
            "{figures}.",
            **self.batches_of_planned(),
            sent=self.n(it.sent),
            people=self.people(it.receivers),
            by=held.decided_by or words.ABSENT,
            at=self.at(held.decided_at) if held.decided_at else words.ABSENT,
            figures=self._figures(held),
        )
        return RunLines(first=first)

    def _held_run(self) -> HeldRun:
        assert self.it.results.held is not None  # noqa: S101 - its state says so
        return self.it.results.held

    def _figures(self, held: HeldRun) -> str:
        if held.pilot_sent == 0:
            return self.say("nothing of the pilot was sent: its tasks ended without that, or everybody in it opted out")
        if held.pilot_sent is not None and not held.rate.is_over(held.threshold):
            return self.say(
                "{delivered} of {sent} messages of the pilot were delivered; at least {share} must be",
                delivered=self.n(held.rate.reached),
                sent=self.n(held.pilot_sent),
                share=f"{self.n(held.min_delivered)} %",
            )
        return self.say(
            "{n} STOPs to {reached} delivered messages ({rate} for 1,000); the limit is {most}",
            n=self.n(held.rate.opt_outs),
            reached=self.n(held.rate.reached),
            rate=self.n(round(held.rate.per_thousand or 0, 1)),
            most=self.n(held.threshold),
        )

    def _command(self, decision: str) -> str:
        record = self.it.results.record
        return shlex.join(["ovh-sms", "held", record.campaign, decision, "--run", record.run_id])
