"""Pulls the replies of an account from OVH, window by window: after an outage of days, none is skipped or doubled."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import ApiError
from ovh_sms.inbound.act import act
from ovh_sms.inbound.read_replies import ReplyReader
from ovh_sms.inbound.store_replies import store_replies

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: OVH may list a reply later than it is dated: so much of what was read before is listed again.
OVERLAP = timedelta(hours=2)
#: The first pull of an account reads so far back.
FIRST_READ = timedelta(days=7)
#: Replies of so long are listed by one call.
WINDOW = timedelta(days=1)
#: Some are listed later than that: so often is more listed again, and so much.
LATE_EVERY = timedelta(hours=1)
LATE = timedelta(hours=48)
#: Replies that could not be read before and are read again by one pull, at most.
_AGAIN = 100


@dataclass(frozen=True, kw_only=True)
class PullTimes:
    """The time that a pull reads back.

    :param overlap: before the moment up to which the replies are read.
    :param first_read: before now, if none were read.
    :param window: replies of so long are listed by one call.
    :param late_every: once in so long, the replies of the time ``late`` are listed again.
    """

    overlap: timedelta = OVERLAP
    first_read: timedelta = FIRST_READ
    window: timedelta = WINDOW
    late_every: timedelta = LATE_EVERY
    late: timedelta = LATE


@dataclass(kw_only=True)
class Pulled:
    """Counts of one pull.

    :param new: replies that were not stored before.
    :param by_action: new replies by action.
    :param how: replies read by how the message was found that they answer: ``tag``, ``number``, ``ambiguous``,
        ``none``.
    :param late: new replies that OVH has listed later than ``overlap`` after their date.
    :param unreadable: ids of the account's replies that cannot be read, with the reasons; each pull reads them again.
    :param read_up_to: by OVH's clock.
    """

    read_up_to: datetime
    windows: int = 0
    new: int = 0
    late: int = 0
    by_action: Counter[str] = field(default_factory=Counter)
    how: Counter[str] = field(default_factory=Counter)
    unreadable: dict[int, str] = field(default_factory=dict)

    def add(self, new: Sequence[InboundMessage]) -> None:
        """Count replies that were stored."""
        self.new += len(new)
        self.by_action.update(each.action for each in new)


def pull(client: OvhSmsClient, store: Store, rules: ReplyRules, times: PullTimes | None = None) -> Pulled:
    """Store the replies that came since the last pull, and do what they ask for.

    Several pulls of one account may run at once. One that is killed has stored what its windows before it held; the
    next one goes on from there. A reply that cannot be read holds none of the others up.

    Source: GET ``/sms/{serviceName}/incoming``, GET ``/sms/{serviceName}/incoming/{id}``.
    """
    times = times or PullTimes()
    # OVH dates replies in whole seconds.
    account, now = client.account_name, client.time().replace(microsecond=0)
    reader, known = ReplyReader(store, account, rules), store.inbound.unreadable(account)
    one = _Pull(client=client, store=store, reader=reader, known=known)
    pulled = Pulled(read_up_to=now, how=reader.how)
    mark, late_read_at = store.inbound.mark(account), store.inbound.late_read_at(account)
    for start, end in windows(mark, now, times):
        # The last window has no end: one of OVH's clocks may be ahead of the others.
        pulled.add(one.window(start, end if end < now else None, read_up_to=end))
        pulled.windows += 1
    if late_read_at is None or not now - times.late_every < late_read_at <= now:
        if mark is not None:  # else all of that time was read just now
            read_at = min(mark, now, late_read_at or now)
            late = one.window(read_at - times.late, min(mark, now) - times.overlap)
            pulled.add(late)
            pulled.late = len(late)
        store.inbound.late_ones_are_read(account, now)
    pulled.add(one.again())
    act(store, account)
    pulled.unreadable = store.inbound.unreadable(account)
    log.info(
        "pulled account=%s new=%d late=%d windows=%d unreadable=%d %s",
        account,
        pulled.new,
        pulled.late,
        pulled.windows,
        len(pulled.unreadable),
        " ".join(f"{name}={count}" for name, count in sorted((pulled.by_action + pulled.how).items())),
    )
    return pulled


@dataclass(frozen=True, kw_only=True)
class _Pull:
    """One pull of one account.

    :param known: replies that could not be read before: they are read last.
    """

    client: OvhSmsClient
    store: Store
    reader: ReplyReader
    known: Mapping[int, str]

    def window(
        self, start: datetime, end: datetime | None, *, read_up_to: datetime | None = None
    ) -> list[InboundMessage]:
        """Store the replies that OVH dates between two moments, and move the mark; returns those that were new."""
        if end is not None and end < start:
            return []
        listed = self.client.incoming.ids(created_from=start, created_to=end)
        unknown = self.store.inbound.unknown(self.client.account_name, listed)
        ids = [each for each in unknown if each not in self.known]
        return store_replies(self.client, self.store, self.reader, ids, read_up_to=read_up_to)

    def again(self) -> list[InboundMessage]:
        """Read those again that could not be read; if OVH answers no more, the next pull does."""
        ids = [*self.known][:_AGAIN]
        try:
            return store_replies(self.client, self.store, self.reader, ids) if ids else []
        except ApiError as error:
            log.warning("replies that could not be read are read again by the next pull: %s", error)
            return []


def windows(mark: datetime | None, now: datetime, times: PullTimes) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is to be listed, the earliest first: from the mark and its overlap to now, without a gap.

    :param mark: up to which all replies are stored; ``None`` if none were read.
    """
    start = now - times.first_read if mark is None else min(mark, now) - times.overlap
    while True:
        end = min(start + times.window, now)
        yield start, end
        if end >= now:
            return
        start = end
