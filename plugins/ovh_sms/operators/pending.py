"""Messages of one sending among those that wait at OVH, which carry no tag."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ovh_sms.messaging.merge import pieces

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Job

#: How much earlier than OVH's own time before it a sending may seem to be created.
CLOCKS_DIFFER = timedelta(minutes=1)
#: More waiting messages than this are not looked through: at 50 in a call it would take too long.
MOST = 20_000


@dataclass
class PendingMessages:
    """Finds the waiting messages of one sending by sender, text, receiver and time.

    :param client: the account's client.
    :param message: the sending's text, with ``#column#``.
    :param sender: the sending's sender; empty where receivers answer to a short number.
    :param since: OVH's own time when the sending was about to be made, aware.
    :param receivers: E.164 digits of the sending's receivers; ``None`` where they are not known.
    :param until: OVH's own time when a later sending of the same kind may have begun; ``None`` where there is none.

    A message that was read once is not read again: it does not change while it waits.
    """

    client: OvhSmsClient
    message: str
    sender: str
    since: datetime
    receivers: Collection[int] | None
    until: datetime | None = None
    _known: dict[int, Job] = field(default_factory=dict)
    _ours: set[int] = field(default_factory=set)
    #: Messages of others among those that waited at the last look and came since.
    others: int = 0

    def find(self) -> list[Job] | None:
        """List those that wait right now.

        :returns: the messages; ``None`` where there are too many on the account to look through.

        Rests on GET /sms/{serviceName}/jobs and /jobs/{id}.
        """
        waiting = self.client.pending_jobs()
        new = [each for each in waiting if each not in self._known]
        if len(new) > MOST:
            return None
        for job in self.client.jobs_many(new):
            self._known[job.id] = job
            if self._is_ours(job):
                self._ours.add(job.id)
        here = [self._known[each] for each in waiting if each in self._known]
        self.others = sum(job.id not in self._ours and job.created >= self.since for job in here)
        return [job for job in here if job.id in self._ours]

    def _is_ours(self, job: Job) -> bool:
        return (
            (not self.sender or job.sender == self.sender)
            and job.created >= self.since - CLOCKS_DIFFER
            and (self.until is None or job.created < self.until)
            and (self.receivers is None or digits(job.receiver) in self.receivers)
            and self._text.match(job.message) is not None
        )

    @cached_property
    def _text(self) -> re.Pattern[str]:
        """The text with anything for its values; OVH may have put the STOP clause behind it."""
        written = (".*" if is_value else re.escape(text) for text, is_value in pieces(self.message))
        return re.compile("".join(written), re.DOTALL)


def digits(number: str) -> int:
    """Give a phone number as the integer of its digits.

    :param number: as E.164, or as OVH writes it.
    """
    found = re.sub(r"\D", "", number)
    return int(found) if found else 0
