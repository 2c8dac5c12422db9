"""One sending as a write that must be made once: what is sent, how it is found at OVH, what is told of it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.claims import Claims
from ovh_sms.operators.looks import Look
from ovh_sms.operators.pending import PendingMessages, digits
from ovh_sms.operators.sending import adopted, answered
from ovh_sms.paths import private_file, private_folder

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.job_request import JobRequest
    from ovh_sms.api.models import Job

#: Name of the file of receivers of whom OVH shows no message.
NOT_FOUND = "receivers_not_found.csv"
#: So many messages are read one by one, for their credits and receivers.
MOST_READ = 5_000


class SendingWrite:
    """One sending.

    :param client: the account's client.
    :param request: what is sent.
    :param facts: what it is, in digests and counts; see :func:`~ovh_sms.operators.sending.list_facts`.
    :param folder: where a file of receivers may be written.
    :param verify: makes sure, right before the POST, that the list at OVH is the one that is meant.
    :param claims: takes attempts for this process alone.
    """

    name = "sent"

    def __init__(
        self,
        client: OvhSmsClient,
        request: JobRequest,
        facts: Mapping[str, Any],
        *,
        folder: Path,
        verify: Callable[[], None],
        claims: Claims,
    ) -> None:
        self.client = client
        self.request = request
        self.sending = dict(facts)
        self.expected: int | None = facts["expected"]
        self.folder = folder
        self.verify = verify
        self.claims = claims
        self.refused: Sequence[str] = ()
        self._waiting: list[Job] = []
        self._finder: PendingMessages | None = None

    def facts(self) -> dict[str, Any]:
        """What is about to be sent, and the account's credits right before: they tell a sending OVH does not show."""
        return {
            **self.sending,
            "request": self.request.digest(),
            "credits_left": self.client.account().credits_left,
            "ovh_time": self.client.time().isoformat(),
        }

    def make(self) -> dict[str, Any]:
        """Send: one POST."""
        answer = self.client.send_job(self.request)
        self.refused = answer.invalid
        return answered(self.sending, answer)

    def look(self, intent: Mapping[str, Any]) -> Look:
        """Count the sending's messages at OVH: those that went out, by tag, and those that wait.

        Those that went out come first: a message that leaves in between is missed, and found by the next look; the
        other way round it would count twice.

        Rests on GET /sms/{serviceName}/outgoing, /jobs, /jobs/{id} and /sms/{serviceName}.
        """
        listed = self.client.count_outgoing(tag=intent["tag"])
        waiting = self._pending(intent).find()
        found = listed + len(waiting or ())
        self._waiting = waiting or []
        return Look(
            at=datetime.now(UTC),
            found=found,
            complete=waiting is not None,
            taken=found == 0 and self._credits_are_gone(intent),
        )

    def adopt(self, intent: Mapping[str, Any], look: Look) -> dict[str, Any]:
        """Put together what was handed over and what OVH shows of it."""
        return adopted(intent, look.found, credits_spent=self._credits_of(intent, look.found))

    def concerned(self, intent: Mapping[str, Any], look: Look) -> str:
        """Write down of which receivers OVH shows no message."""
        tag = (
            f"Look for the tag {intent['tag']} among the outgoing and the pending messages in OVH's manager."
        )
        if self._receivers is None or not look.found:
            return tag
        there = {*self._outgoing_receivers(intent["tag"]), *(digits(job.receiver) for job in self._waiting)}
        missing = private_folder(self.folder) / NOT_FOUND
        count = write_without(self._rows() or [[]], there, missing)
        return f"{tag} Of {count} receivers it shows no message: {missing}."

    def _pending(self, intent: Mapping[str, Any]) -> PendingMessages:
        if self._finder is None:
            self._finder = PendingMessages(
                client=self.client,
                message=self.request.message,
                sender=self.request.sender or "",
                since=datetime.fromisoformat(intent["ovh_time"]),
                receivers=self._receivers,
            )
        return self._finder

    def _credits_are_gone(self, intent: Mapping[str, Any]) -> bool:
        """Tell whether more credits are gone since than what OVH shows can have taken.

        OVH takes the credits when it accepts, and may list later. Messages of others took at least one credit each;
        where they took more, this is true in doubt. So it is where our own have just come to light.
        """
        cost = intent["credits_estimated"] or self.expected or 0
        gone = intent["credits_left"] - self.client.account().credits_left
        if not cost or gone < cost:
            return False
        since = datetime.fromisoformat(intent["ovh_time"])
        # In this order no message of others counts twice, which would explain credits that are ours.
        others = len(self.client.outgoing_ids(created_from=since))
        waiting = self._pending(intent)
        ours = waiting.find()
        if ours or self.client.count_outgoing(tag=intent["tag"]):
            return True
        return bool(gone >= cost + others + waiting.others)

    def _credits_of(self, intent: Mapping[str, Any], found: int) -> float | None:
        """What the messages that were found took; ``None`` where they are too many to ask for each."""
        if found > MOST_READ:
            return None
        ids = self.client.outgoing_ids(tag=intent["tag"])
        left = sum(each.credits for each in self.client.outgoing_many(ids))
        return left + sum(job.credits for job in self._waiting)

    def _outgoing_receivers(self, tag: str) -> Iterator[int]:
        for each in self.client.outgoing_many(self.client.outgoing_ids(tag=tag)):
            yield digits(each.receiver)

    @cached_property
    def _receivers(self) -> set[int] | None:
        """E.164 digits of the receivers; ``None`` for a list that is not here."""
        rows = self._rows()
        return None if rows is None else {digits(row[0]) for row in rows[1:]}

    def _rows(self) -> list[list[str]] | None:
        if self.request.receivers is not None:
            return [["number"], *([number] for number in self.request.receivers)]
        path = self.sending["list_path"]
        if not path or not Path(path).exists():
            return None
        with Path(path).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file, delimiter=";"))


def write_without(rows: Sequence[Sequence[str]], there: Collection[int], path: Path) -> int:
    """Write the receivers of whom OVH shows no message, as a list that a campaign can be sent to.

    :param rows: header and rows of the list, the number first.
    :param there: E.164 digits of those it shows.
    :param path: the file, readable by its owner only.
    :returns: how many there are.
    """
    missing = [row for row in rows[1:] if digits(row[0]) not in there]
    with private_file(path).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([rows[0], *missing])
    return len(missing)
