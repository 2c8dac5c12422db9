"""The first line of a run's page, its notification and its command: its state, its figures and the next step."""

from __future__ import annotations

from datetime import datetime

from ovh_sms.report.approval_lines import ApprovalLines
from ovh_sms.report.held_lines import HeldLines
from ovh_sms.report.language import Translator
from ovh_sms.report.line_words import RunLines
from ovh_sms.report.run_state import RunStatus
from ovh_sms.report.sent_lines import SentLines
from ovh_sms.report.unsent_lines import UnsentLines


def run_lines(status: RunStatus, say: Translator, now: datetime) -> RunLines:
    """Say how far a run is and what to do about it.

    :param now: aware.
    """
    return _Lines(status, say, now).of_state()


def batch_problems(status: RunStatus, say: Translator, now: datetime) -> list[str]:
    """Say the problem of each batch; one that several have alike is said once.

    :param now: aware.
    """
    return _Lines(status, say, now).problems_named(status.batches)


def problem_details(status: RunStatus) -> list[str]:
    """List the errors of a run and of its batches with their technical details, as for OVH's support."""
    problems = [status.results.record.problem, *(each.results.record.problem for each in status.batches)]
    found = [each.details for each in problems if each is not None]
    return [*dict.fromkeys(each for each in found if each)]


class _Lines(UnsentLines, SentLines, HeldLines, ApprovalLines):
    """The lines of every state."""

    def of_state(self) -> RunLines:
        """The lines of the run's own state."""
        made: RunLines = getattr(self, f"_{self.it.state.value}")()
        return made
