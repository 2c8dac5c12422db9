"""Observes one batch at OVH: those of its messages that have left, those that wait, and the account's credits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import NotFound
from ovh_sms.idempotency.reconcile import RESOLUTION, Observation
from ovh_sms.sending.packed_ids import unpack_ids
from ovh_sms.sending.payer import Payer, user_of
from ovh_sms.sending.pending_messages import PendingMatch, PendingMatcher

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import PendingMessage
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt


@dataclass
class BatchObserver:
    """Makes the observations of one batch. One object for a task: a message that waits is read once.

    :param sender: the batch's sender; empty if receivers answer to a short number.
    :param message: gives the text of an attempt before merging; ``None`` if it is not known.
    :param texts: gives the texts of each receiver of an attempt; ``None`` if nobody knows them.
    :param texts_of_run: gives the texts that other batches of the run have for some receivers.
    """

    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    sender: str
    message: Callable[[Attempt], str | None]
    texts: Callable[[Attempt], Mapping[int, Sequence[str]] | None]
    texts_of_run: Callable[[Collection[int]], Mapping[int, Sequence[str]]] = lambda receivers: {}
    #: The batch's messages that waited at the last observation.
    waiting: Sequence[PendingMessage] = field(default=(), init=False)
    _pending: PendingMatcher | None = field(default=None, init=False)

    @cached_property
    def payer(self) -> Payer:
        """The account or the user whose credits the batch takes."""
        return Payer(client=self.client, records=self.journal.records, clock=self.clock)

    def observe(self, attempt: Attempt, earlier: Sequence[Observation], *, expected: int | None) -> Observation:
        """Count the batch's messages at OVH: those that have left, by tag, and those that wait.

        Those that have left come first: a message that leaves in between is missed, and found by the next observation;
        the other way round it would count twice. Their ids are listed, as a mere count may come from a cache.

        Source: GET ``/sms/{serviceName}/outgoing``, ``/jobs``, ``/jobs/{id}`` and ``/sms/{serviceName}``; of a user
        the same below ``/users/{login}``, too.
        """
        self._read_as(user_of(attempt))
        at = self.client.time()
        listed = len(self.lists(attempt)[1])
        if listed == expected:  # what waits cannot be of the batch
            self.waiting = ()
            return Observation(at=at, found=listed)
        try:
            pending = self._match(attempt)
        except NotFound:
            if not self._user_is_gone:
                raise
            self.waiting = ()  # those of a deleted user cannot be read: a person decides
            return Observation(at=at, found=listed, exhaustive=False, ambiguous=True)
        self.waiting = pending.ours if pending else ()
        found = listed + len(self.waiting)
        ambiguous = pending is None or bool(pending.ambiguous)
        # If the numbers do not fit, others may have sent the same: once it has left, the tag distinguishes it.
        exhaustive = not ambiguous and (not self.waiting or found == expected)
        seen = Observation(at=at, found=found, exhaustive=exhaustive, ambiguous=ambiguous)
        # Until a request that is under way must be over, credits may still be taken for it.
        over = bool(earlier) and at - earlier[0].at - RESOLUTION >= self.quiet_period
        return self._with_credits(attempt, earlier, seen) if over and exhaustive and not found else seen

    def lists(self, attempt: Attempt) -> tuple[OvhSmsClient, list[int]]:
        """List the messages of an attempt that have left, by its tag, with the client that reads them.

        Of a user those that OVH lists for the account, if they are more: its own list may show them later, and that of
        a user who was deleted, or created again, never.
        """
        if not self.client.user:
            return self.client, self.client.outgoing.ids(tag=attempt.tag)
        of_account = self._of_account.outgoing.ids(tag=attempt.tag)
        try:
            own = self.client.outgoing.ids(tag=attempt.tag)
        except NotFound:
            own = []
        return (self._of_account, of_account) if len(of_account) > len(own) else (self.client, own)

    @property
    def _of_account(self) -> OvhSmsClient:
        return self.client.as_user("")

    @property
    def _user_is_gone(self) -> bool:
        try:
            return bool(self.client.user) and not self.client.users.read(self.client.user)
        except NotFound:
            return True

    def _read_as(self, login: str) -> None:
        """Observe as the user who made the attempt; the task may be for another one now."""
        if self.client.user != login:
            self.client = self.client.as_user(login)
            self.__dict__.pop("payer", None)

    def _match(self, attempt: Attempt) -> PendingMatch | None:
        """Compare the messages that wait with those of an attempt."""
        if self._pending is None:
            self._pending = PendingMatcher(
                client=self.client,
                message=self.message(attempt),
                texts=self.texts(attempt),
                # The one that it was submitted with: the campaign's may have changed since.
                sender=_snapshot(attempt).get("sender", self.sender),
                since=datetime.fromisoformat(_snapshot(attempt)["ovh_time"]),
                of_run=self.texts_of_run,
            )
        # Each time anew: others may have submitted since the last observation.
        self._pending.contested = lambda messages: self.journal.may_be_of_others(attempt, messages)
        self._pending.of_others = lambda messages: self.journal.are_of_others(attempt, messages)
        before, self._pending.ids_of_others = self.journal.message_ids_of_others(attempt)
        self._pending.ids_before = before | unpack_ids(_snapshot(attempt)["waiting"]["ids"])
        return self._pending.match()

    def _with_credits(self, attempt: Attempt, earlier: Sequence[Observation], seen: Observation) -> Observation:
        """Add to an observation of nothing whether credits are missing, by its own balance or an earlier one's."""
        snapshot = _snapshot(attempt)
        balance = self.payer.reading(snapshot)
        readings = [*(each.balance for each in earlier if each.balance), balance]
        assert self._pending is not None  # noqa: S101 - nothing of the batch waits
        explained = self.payer.witness_of(snapshot).explains(
            snapshot, readings, ids_before=self._pending.ids_before, shows_nothing=lambda: self._shows_nothing(attempt)
        )
        return replace(seen, balance=balance, credits_missing=not explained)

    def _shows_nothing(self, attempt: Attempt) -> bool:
        """Whether nothing of the batch waits, and then nothing has left: it moves in this direction only."""
        matches = [self._match(attempt)]
        if self.client.user:  # what the account's list shows explains credits, also if the user's does not show it yet
            assert self._pending is not None  # noqa: S101 - just made
            matches.append(replace(self._pending, client=self._of_account).match())
        if any(pending is None or pending.ours or pending.ambiguous for pending in matches):
            return False
        return not self.lists(attempt)[1]


def _snapshot(attempt: Attempt) -> dict[str, Any]:
    return attempt.snapshot or {}
