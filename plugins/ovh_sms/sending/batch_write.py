"""One sending as a write that must be made once: what is sent, how it is found at OVH, what is told of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.sending.pending_messages import (
    PendingMatcher,
    digits,
    merged,
    read_list,
    write_without,
)
from ovh_sms.sending.submission import adopted, answered, keep_numbers

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.job_request import JobRequest
    from ovh_sms.api.models import Job, Outgoing

_log = logging.getLogger(__name__)

#: Name of the file of receivers of whom OVH shows no message.
NOT_FOUND = "receivers_not_found.csv"
#: Name of the file of numbers that OVH refused.
REFUSED = "refused_by_ovh.csv"
#: Name of the file of numbers that OVH has sent to and that are not on the list.
FOREIGN = "sent_but_not_on_the_list.csv"
#: So many messages are read one by one, for their credits and receivers.
MOST_READ = 5_000
#: Of more, so many are read for their receivers: a wrong list shows in any of them.
SAMPLE = 500
#: Credits are written with some decimals; less than this is none.
_NOTHING = 1e-6


class BatchWrite:
    """One sending.

    :param client: the account's client.
    :param request: what is sent.
    :param facts: what it is, in digests and counts; see :func:`~ovh_sms.sending.submission.list_facts`.
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
        claims: Journal,
    ) -> None:
        self.client = client
        self.request = request
        self.sending = dict(facts)
        self.expected: int | None = facts["expected"]
        self.folder = folder
        self.verify = verify
        self.claims = claims
        self.ids: Sequence[int] | None = None
        #: File of the numbers OVH refused, where there are any.
        self.refused_path: Path | None = None
        self._waiting: Sequence[Job] = ()
        self._pending: PendingMatcher | None = None
        self._left: dict[int, Outgoing] = {}

    def facts(self) -> dict[str, Any]:
        """What is about to be sent, and the account's credits right before: they tell a sending OVH does not show.

        OVH's time is read before and after them: what others send in between may or may not be among them.
        """
        before = self.client.time()
        credits_left = self.client.account().credits_left
        return {
            **self.sending,
            "request": self.request.digest(),
            "credits_left": credits_left,
            "ovh_time": before.isoformat(),
            "ovh_time_after": self.client.time().isoformat(),
        }

    def make(self, not_after: float) -> dict[str, Any]:
        """Send: one POST. Whom OVH refused, and who was not on the list, is in files before anything is answered."""
        answer = self.client.send_job(self.request, not_after=not_after)
        self.ids = answer.ids
        if answer.invalid and self.sending["list_path"]:
            self.refused_path = _keep(Path(self.sending["list_path"]), REFUSED, answer.invalid)
        return self._with_foreign(answered(self.sending, answer), [*answer.valid, *answer.invalid])

    def look(self, intent: Mapping[str, Any]) -> Observation:
        """Count the sending's messages at OVH: those that went out, by tag, and those that wait.

        Those that went out come first: a message that leaves in between is missed, and found by the next look; the
        other way round it would count twice. Their ids are listed, as a mere count may come from a cache.

        Rests on GET /sms/{serviceName}/outgoing, /jobs, /jobs/{id} and /sms/{serviceName}.
        """
        listed = len(self.client.outgoing_ids(tag=intent["tag"]))
        waiting = self._finder(intent).find()
        self._waiting = waiting.ours if waiting else []
        found = listed + len(self._waiting)
        complete = waiting is not None and not waiting.ambiguous
        return Observation(
            at=datetime.now(UTC),
            found=found,
            complete=complete,
            blind=not complete,
            taken=found == 0 and complete and not self._credits_are_explained(intent),
        )

    def adopt(self, intent: Mapping[str, Any], look: Observation) -> dict[str, Any]:
        """Put together what was handed over and what OVH shows of it; a file of those not found is of an older look."""
        if look.found == self.expected:
            (self.folder / NOT_FOUND).unlink(missing_ok=True)
        ids = self.client.outgoing_ids(tag=intent["tag"])
        too_many = look.found > MOST_READ
        left = list(self.client.outgoing_many(ids[:SAMPLE] if too_many else ids))
        credits_of = [*(each.credits for each in left), *(job.credits for job in self._waiting)]
        spent = None if too_many else sum(credits_of)
        found = adopted(intent, look.found, credits_spent=spent)
        return self._with_foreign(found, [each.receiver for each in left])

    def concerned(self, intent: Mapping[str, Any], look: Observation) -> str:
        """Write down of which receivers OVH shows no message."""
        tag = (
            f"Look for the tag {intent['tag']} among the outgoing and the pending messages in OVH's manager."
        )
        rows, missing = self._rows, self.folder / NOT_FOUND
        try:
            if rows is None or not look.found:
                missing.unlink(missing_ok=True)
                return tag
            there = {
                *self._outgoing_receivers(intent["tag"]),
                *(digits(job.receiver) for job in self._waiting),
            }
            count = write_without(rows, there, missing)
        except OSError as error:
            return f"{tag} Of whom it shows no message could not be written down ({type(error).__name__})."
        return f"{tag} Of {count} receivers it shows no message: {missing}." if count else tag

    def _finder(self, intent: Mapping[str, Any]) -> PendingMatcher:
        if self._pending is None:
            rows = self._rows
            self._pending = PendingMatcher(
                client=self.client,
                texts=None if rows is None else dict(merged(self.request.message, rows)),
                sender=self.request.sender or "",
                since=datetime.fromisoformat(intent["ovh_time"]),
            )
        # At each look: others may have sent since the last one.
        self._pending.shared = self.claims.shared()
        self._pending.before, self._pending.foreign = self.claims.jobs_of_others()
        return self._pending

    def _credits_are_explained(self, intent: Mapping[str, Any]) -> bool:
        """Tell whether all credits that are gone since went into messages of others, to the last one.

        OVH takes the credits when it accepts, and may list later. Any other difference, up or down, leaves it open
        whether ours are among them; so do messages of others in the very moment the credits were counted.
        """
        gone = intent["credits_left"] - self.client.account().credits_left + self.claims.refunded()
        after = datetime.fromisoformat(intent.get("ovh_time_after", intent["ovh_time"]))
        # In this order no message counts twice; one that leaves in between is missed, and found by the next look.
        ids = self.client.outgoing_ids(created_from=after)
        waiting = self._finder(intent).find()
        if waiting is None or waiting.ours or waiting.ambiguous or waiting.truncated or len(ids) > MOST_READ:
            return False
        if self.client.outgoing_ids(tag=intent["tag"]):  # ours have just come to light: they explain nothing
            return False
        new = [each for each in ids if each not in self._left]
        self._left.update((each.id, each) for each in self.client.outgoing_many(new))
        spent = [
            self._left[each].credits
            for each in ids
            if each in self._left and self._left[each].created > after
        ]
        spent += [job.credits for job in waiting.others if job.created > after]
        return bool(abs(gone - sum(spent)) < _NOTHING)

    def _outgoing_receivers(self, tag: str) -> Iterator[int]:
        for each in self.client.outgoing_many(self.client.outgoing_ids(tag=tag)):
            yield digits(each.receiver)

    def _with_foreign(self, sending: dict[str, Any], numbers: Sequence[str]) -> dict[str, Any]:
        """Keep the numbers that OVH was never given in a file, and tell how many there are."""
        foreign = self._not_on_the_list(numbers)
        if not foreign:
            return sending
        _keep(self.folder / REFUSED, FOREIGN, foreign)
        return {**sending, "foreign": len(foreign)}

    def _not_on_the_list(self, numbers: Sequence[str]) -> list[str]:
        """Numbers that OVH was never given; none where the list is not here."""
        if self._rows is None:
            return []
        known = {digits(row[0]) for row in self._rows[1:]}
        return [number for number in numbers if digits(number) not in known]

    @cached_property
    def _rows(self) -> list[list[str]] | None:
        """Header and rows of the receivers; ``None`` for a list that is not here."""
        if self.request.receivers is not None:
            return [["number"], *([number] for number in self.request.receivers)]
        path = Path(self.sending["list_path"]) if self.sending["list_path"] else None
        return read_list(path) if path and path.exists() else None


def _keep(beside: Path, name: str, numbers: Sequence[str]) -> Path | None:
    """Keep numbers in a file; where it cannot be written, the answer must not be lost for it."""
    try:
        return keep_numbers(beside, name, numbers)
    except OSError as error:
        _log.error("%d numbers could not be kept in %s: %s", len(numbers), name, type(error).__name__)
        return None
