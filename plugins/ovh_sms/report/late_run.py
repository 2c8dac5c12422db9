"""A run at the time by which its messages must have left: whether they have, and what of it has not."""

from __future__ import annotations

from datetime import datetime

from ovh_sms.report.batch_state import SENT, BatchState
from ovh_sms.report.language import Translator
from ovh_sms.report.line_words import LineWords, RunLines
from ovh_sms.report.run_state import RunState, RunStatus
from ovh_sms.store.campaign_approvals import TIMED_OUT

#: Nothing of such a batch should leave: a person has decided so, or there was nobody to write to.
_LEFT_OUT = frozenset({BatchState.EMPTY, BatchState.DROPPED})


def has_left(status: RunStatus) -> bool:
    """Return whether all messages of a run have left that should: none of one that a person has cancelled or refused.

    A question that nobody has answered in time is no decision: such a run is late. Messages that OVH has taken and
    nobody has counted since have not left as far as is known.
    """
    if status.results.cancelled_at is not None or status.state is RunState.EMPTY:
        return True
    if status.state is RunState.NOT_APPROVED:
        approval = status.results.approval
        return approval is not None and approval.decision != TIMED_OUT
    awaited = [each for each in status.batches if each.state not in _LEFT_OUT]
    return bool(status.batches) and all(each.state in SENT and each.left >= each.sent for each in awaited)


def not_started(say: Translator) -> RunLines:
    """Say that no task of a run has recorded anything, though Airflow has not ended it."""
    return RunLines(
        first=say("Not sent: no task of the run has started."),
        action=say(
            "Check the run in Airflow: it waits for an earlier run of the campaign, for a free worker, or its DAG is "
            "paused."
        ),
    )


def counts_line(status: RunStatus, say: Translator, now: datetime) -> str:
    """Say how many of a run's messages have left, and where the others are; empty if its list is not prepared.

    :param now: aware.
    """
    return _Counts(status, say, now).line()


class _Counts(LineWords):
    """The counts of a late run."""

    def line(self) -> str:
        """The counts that are not zero."""
        it, say = self.it, self.say
        if not it.batches:
            return ""
        is_counted = it.counted_at is not None
        counts = [
            (it.still_waiting if is_counted else 0, say("Waiting at OVH: {n}.", n=self.n(it.still_waiting))),
            (
                0 if is_counted else it.still_waiting,
                say("Taken by OVH, and not counted since: {n}.", n=self.n(it.still_waiting)),
            ),
            (it.to_come, say("Not submitted yet: {n}.", n=self.n(it.to_come))),
            (it.not_written, say("Not submitted: {n}.", n=self.n(it.not_written))),
            (it.unknown, say("Not known: {n}.", n=self.n(it.unknown))),
            (it.refused, say("Refused by OVH: {n}.", n=self.n(it.refused))),
        ]
        left = say("Left: {left} of {people}.", left=self.n(it.left), people=self.people(it.receivers))
        return " ".join([left, *(text for number, text in counts if number)])
