"""Pulls the replies of an account from OVH, window by window: after an outage of days, none is skipped or doubled."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.inbound.act import act
from ovh_sms.inbound.read_replies import ReplyReader

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: OVH may list a reply later than it is dated: so much of what was read before is listed again.
OVERLAP = timedelta(hours=2)
#: The first pull of an account reads so far back.
FIRST_READ = timedelta(days=7)
#: Replies of so long are listed by one call.
WINDOW = timedelta(days=1)
#: Replies that are stored in one transaction at most.
_BLOCK = 1_000


@dataclass(frozen=True, kw_only=True)
class PullTimes:
    """The time that a pull reads back.

    :param overlap: before the moment up to which the replies are read.
    :param first_read: before now, if none were read.
    :param window: replies of so long are listed by one call.
    """

    overlap: timedelta = OVERLAP
    first_read: timedelta = FIRST_READ
    window: timedelta = WINDOW


@dataclass(kw_only=True)
class Pulled:
    """Counts of one pull.

    :param new: replies that were not stored before.
    :param by_action: new replies by action.
    :param how: replies read by how the message was found that they answer: ``tag``, ``number``, ``ambiguous``,
        ``nobody``.
    :param read_up_to: by OVH's clock.
    """

    read_up_to: datetime
    windows: int = 0
    new: int = 0
    by_action: Counter[str] = field(default_factory=Counter)
    how: Counter[str] = field(default_factory=Counter)


def pull(client: OvhSmsClient, store: Store, rules: ReplyRules, times: PullTimes | None = None) -> Pulled:
    """Store the replies that came since the last pull, and do what they ask for.

    Several pulls of one account may run at once. One that is killed has stored what its windows before it held; the
    next one goes on from there.

    Source: GET ``/sms/{serviceName}/incoming``, GET ``/sms/{serviceName}/incoming/{id}``.
    """
    times = times or PullTimes()
    # OVH dates replies in whole seconds.
    account, now = client.account_name, client.time().replace(microsecond=0)
    reader = ReplyReader(store, account, rules)
    pulled = Pulled(read_up_to=now, how=reader.how)
    for start, end in windows(store.inbound.mark(account), now, times):
        # The last window has no end: one of OVH's clocks may be ahead of the others.
        listed = client.incoming.ids(created_from=start, created_to=end if end < now else None)
        ids = store.inbound.unknown(account, listed)
        for at in range(0, len(ids), _BLOCK):
            replies = reader.read(list(client.incoming.iter(ids[at : at + _BLOCK])))
            # The mark moves with the last replies of its window.
            new = store.inbound.save(account, replies, read_up_to=end if at + _BLOCK >= len(ids) else None)
            pulled.new += len(new)
            pulled.by_action.update(each.action for each in new)
        if not ids:
            store.inbound.save(account, [], read_up_to=end)
        pulled.windows += 1
    act(store, account)
    log.info(
        "pulled account=%s new=%d windows=%d %s",
        account,
        pulled.new,
        pulled.windows,
        " ".join(f"{name}={count}" for name, count in sorted((pulled.by_action + pulled.how).items())),
    )
    return pulled


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
