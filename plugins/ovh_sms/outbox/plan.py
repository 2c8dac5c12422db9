"""Makes groups of new rows: each row is checked first, and refused with its reason, or kept until it may leave."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ovh_sms.errors import SenderNotEnabled, WrongChannel
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.destinations import destination_name, destination_of
from ovh_sms.messaging.receiver_zones import zones_of
from ovh_sms.outbox.grouping import group_tag, groups
from ovh_sms.outbox.queue import DEPRECATED
from ovh_sms.outbox.row_check import RowRefused, checked, is_deprecated
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.outbox.validity import is_expired
from ovh_sms.sending.preflight_rules import check_channel, check_countries, check_sender
from ovh_sms.store.outbox_records import EXPIRED, REFUSED, PlannedGroup, RowEnd

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models_senders import Sender
    from ovh_sms.clock import Clock
    from ovh_sms.sending.opted_out import OptedOutPeople
    from ovh_sms.store.outbox_records import OutboxRow
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Senders and channel of the account are read again once they are older.
ACCOUNT_LASTS = timedelta(minutes=5)
#: They are also read again before a row is refused for its sender, which may be new.
REFUSAL_LASTS = timedelta(seconds=30)


class _Held(Exception):
    """A row may not leave before a moment of OVH's time."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__()


@dataclass(kw_only=True)
class RowPlanner:
    """Plans the rows of one account. One object for a worker: what it has read of the account serves for some minutes.

    :param takes_unnamed: also take the rows that name no account.
    :param declared: countries in which the senders are declared.

    Source: GET ``/sms/{serviceName}`` and ``/senders``; ``/users`` for the rows of users.
    """

    client: OvhSmsClient
    store: Store
    clock: Clock
    opted_out: OptedOutPeople
    takes_unnamed: bool
    declared: Collection[str]
    _senders: Sequence[Sender] = field(default=(), init=False)
    _channel: str = field(default="", init=False)
    _logins: frozenset[str] = field(default=frozenset(), init=False)
    _read_at: float | None = field(default=None, init=False)

    def plan(self, *, limit: int) -> int:
        """Make groups of the rows that are due.

        :param limit: rows that are taken at most.
        :returns: how many rows were found.
        """
        rows = self.store.outbox.new_rows(self.client.account_name, takes_unnamed=self.takes_unnamed, limit=limit)
        if not rows:
            return 0
        self.read_account()
        out = self._opted_out_of(rows)
        ends: dict[int, RowEnd] = {}
        held: dict[int, timedelta] = {}
        ready = []
        for row in rows:
            try:
                ready.append(self._ready(row, out))
            except RowRefused as refused:
                ends[row.id] = RowEnd(REFUSED, refused.reason.value)
            except _Held as hold:
                held[row.id] = hold.wait
        now = self.clock.now()
        self.store.outbox.hold({row: now + wait for row, wait in held.items()})
        ends |= {row.id: RowEnd(EXPIRED) for row in ready if is_expired(row, now)}
        self.store.outbox.end_free(ends)
        if ends:
            log.warning("not sent rows=%d: refused or expired", len(ends))
        left = [row for row in ready if row.id not in ends]
        if any(map(is_deprecated, left)):
            log.warning("%s", DEPRECATED)
        self.store.outbox.assign(self.client.account_name, self._groups(left))
        return len(rows)

    def _groups(self, rows: Sequence[OutboxRow]) -> list[PlannedGroup]:
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        found = []
        people = dict(
            zip(
                (row.id for row in rows),
                PersonDigester(self._secret).of_numbers([row.receiver for row in rows]),
                strict=True,
            )
        )
        for group in groups(rows):
            values = {
                row.id: {
                    "receiver": row.receiver,
                    "person": people[row.id],
                    "content_digest": row.content_digest or row.as_queued.digest(self._secret),
                }
                for row in group
            }
            found.append(PlannedGroup(group_tag(self.client.account_name, group), values))
        return found

    def _ready(self, row: OutboxRow, out: Collection[str]) -> OutboxRow:
        """Return a row as it is sent.

        :raises RowRefused: it is not sent.
        :raises _Held: it is not sent yet.
        """
        if row.content_digest and not row.is_as_queued(self._secret):
            raise RowRefused(RowReason.CHANGED)
        sms = checked(row.as_queued, allow_fiction=self.client.is_sandbox)
        self._check_account(sms.sender, sms.receiver, marketing=sms.stop_clause)
        self._check_user(sms.user)
        if sms.stop_clause:
            if sms.receiver in out:
                raise RowRefused(RowReason.OPTED_OUT)
            self._check_hours(sms.receiver)
        return replace(row, receiver=sms.receiver)

    def _check_account(self, sender: str, number: str, *, marketing: bool) -> None:
        try:
            check_channel(self._channel, marketing=marketing)
        except WrongChannel:
            raise RowRefused(RowReason.WRONG_CHANNEL) from None
        if not self._is_enabled(sender):
            self.read_account(lasts=REFUSAL_LASTS)
            if not self._is_enabled(sender):
                raise RowRefused(RowReason.SENDER_NOT_ENABLED)
        try:
            check_countries({destination_name(destination_of(number)): 1}, sender=sender, declared=self.declared)
        except SenderNotEnabled:
            raise RowRefused(RowReason.SENDER_NOT_DECLARED) from None

    def _check_user(self, login: str) -> None:
        """Refuse a row of a user that the account does not have, by a list that is not old."""
        if login and login not in self._logins:
            self._logins = frozenset(self.client.users.logins())
            if login not in self._logins:
                raise RowRefused(RowReason.NO_USER)

    def _is_enabled(self, sender: str) -> bool:
        try:
            check_sender(sender, self._senders)
        except SenderNotEnabled:
            return False
        return True

    def _check_hours(self, number: str) -> None:
        """Hold advertising until its hours where the number is; OVH itself holds it by the hours of Paris."""
        now = self.client.time()
        at = HoursRule(marketing=True).submit_at(zones_of(number), now, receivers=1)
        if at is None:
            raise RowRefused(RowReason.NO_FIT_HOUR)
        if at > now:
            raise _Held(at - now)

    def _opted_out_of(self, rows: Sequence[OutboxRow]) -> set[str]:
        """Those who have opted out, among the readable numbers of advertising; others are refused anyway."""
        numbers = set()
        for row in rows:
            if row.stop_clause:
                try:
                    numbers.add(checked(row.as_queued, allow_fiction=True).receiver)
                except RowRefused:
                    continue
        return self.opted_out.among(sorted(numbers))

    def read_account(self, lasts: timedelta = ACCOUNT_LASTS) -> None:
        """Read the senders and the purpose of the account, unless that was done some minutes ago."""
        now = self.clock.monotonic()
        if self._read_at is None or now - self._read_at > lasts.total_seconds():
            self._channel = self.client.account.get().channel
            self._senders = self.client.senders.all()
            self._read_at = now

    @cached_property
    def _secret(self) -> bytes:
        return self.store.identity.secret()
