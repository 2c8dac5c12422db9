"""The words about a run whose batches leave one after the other, at the pace of its campaign."""

from __future__ import annotations

from ovh_sms.report.batch_state import MOVING, BatchStatus
from ovh_sms.report.line_words import LineWords
from ovh_sms.store.paced_records import PacedRun


class PaceLines(LineWords):
    """Sentences for the states in which messages are still to leave."""

    def paced(self) -> PacedRun | None:
        """The pace of the run, if messages of it are still to leave; else ``None``."""
        coming = any(each.state in MOVING for each in self.it.batches)
        return self.it.results.paced if coming else None

    def wait_named(self, waiting: list[BatchStatus]) -> str:
        """Say what some batches wait for, and until when."""
        until = min(each.results.record.waits_until for each in waiting if each.results.record.waits_until)
        if self.paced() is not None:
            return self.say("The next batch leaves {at}.", at=self.at(until))
        people = self.people(sum(each.receivers for each in waiting))
        return self.say("Waits until {at} for the hours of {people}.", at=self.at(until), people=people)

    def last_departure(self) -> str:
        """Say when the last messages leave; empty for a run without a pace, and once its last batch is due."""
        paced = self.paced()
        if paced is None or paced.last_at <= self.now:
            return ""
        pace = {
            60: self.say("{n} per minute", n=self.n(paced.pace.messages)),
            3_600: self.say("{n} per hour", n=self.n(paced.pace.messages)),
            86_400: self.say("{n} per day", n=self.n(paced.pace.messages)),
        }[paced.pace.seconds]
        return self.say("At {pace}, the last messages leave {at}.", pace=pace, at=self.at(paced.last_at))
