"""The words about a run whose pilot was sent, and about its rest that waits for it."""

from __future__ import annotations

from ovh_sms.report.batch_state import MOVING, BatchState, BatchStatus
from ovh_sms.report.pace_lines import PaceLines
from ovh_sms.store.pilots import Pilot, PilotCounts


class PilotLines(PaceLines):
    """Sentences for the states in which messages are still to leave."""

    def pilot_awaited(self) -> str:
        """Say what the rest of the run waits for; empty if it waits for no pilot, or that is not sent yet."""
        pilot = self.it.results.pilot
        if pilot is None or pilot.passed_at is not None or self.it.results.held is not None:
            return ""
        own = self.pilot_batches(pilot)
        if any(each.state in MOVING for each in own):
            return ""
        people = self.people(sum(each.receivers for each in self.it.batches if each not in own))
        if any(each.state is BatchState.FAILED for each in own):
            return self.say(
                "The pilot is not sent whole: clear its failed tasks. The rest, {people}, waits for it.", people=people
            )
        if pilot.counts is None or pilot.ends_at is None:
            return self.say("The pilot is sent, and is being counted. The rest, {people}, waits for it.", people=people)
        return self.say(
            "{counts} so far. The rest, {people}, leaves if at least {share} are delivered and no more than {most} of "
            "1,000 answer STOP; that shows {at} at the latest.",
            counts=self.pilot_counts(pilot.counts),
            people=people,
            share=f"{self.n(pilot.limits.min_delivered)} %",
            most=self.n(pilot.limits.max_stop_rate),
            at=self.at(pilot.ends_at),
        )

    def pilot_to_leave(self) -> str:
        """Say that the rest waits for a pilot that is not sent whole yet; else empty."""
        pilot = self.it.results.pilot
        rest = [each for each in self.it.batches if each.state is BatchState.AWAITING_PILOT]
        if pilot is None or not rest or not any(each.state in MOVING for each in self.pilot_batches(pilot)):
            return ""
        people = self.people(sum(each.receivers for each in rest))
        return self.say("The rest, {people}, waits for the pilot.", people=people)

    def pilot_passed(self) -> str:
        """Say that the pilot has passed, as long as the rest is leaving; else empty."""
        pilot = self.it.results.pilot
        if pilot is None or pilot.passed_at is None or pilot.counts is None:
            return ""
        return self.say("The pilot has passed: {counts}.", counts=self.pilot_counts(pilot.counts))

    def pilot_counts(self, counts: PilotCounts) -> str:
        """The figures of a pilot."""
        return self.say.several(
            counts.opt_outs,
            "{delivered} of {sent} messages of the pilot are delivered, {n} STOP",
            "{delivered} of {sent} messages of the pilot are delivered, {n} STOPs",
            sent=self.n(counts.sent),
            delivered=self.n(counts.delivered),
        )

    def pilot_batches(self, pilot: Pilot) -> list[BatchStatus]:
        """The batches of the pilot."""
        return [each for each in self.it.batches if each.results.record.batch <= pilot.batches]
