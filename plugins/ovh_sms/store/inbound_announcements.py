"""Which task announces which replies: each is counted in the asset events of one task, also if that is repeated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from ovh_sms.reply_words import INBOX, OPT_OUT
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.inbound_records import ReplyCounts
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.repository import Repository
from ovh_sms.store.write_retry import repeat_conflicts

_run = (inbound.c.campaign, inbound.c.dag_id, inbound.c.run_id)
Run = tuple[str | None, str | None, str | None]


@dataclass
class _Counted:
    """The counts of one run while they are read."""

    by_keyword: Counter[str] = field(default_factory=Counter)
    by_action: Counter[str] = field(default_factory=Counter)
    events: list[tuple[str, str | None, datetime]] = field(default_factory=list)


class InboundAnnouncements(Repository):
    """Replies by the task that announces them."""

    def claim(self, account: str, holder: str) -> list[ReplyCounts]:
        """Give the replies that nobody announces to a task, and count all that are its own, by run.

        :param holder: digest of the task instance, of 20 characters: its next try gets the same replies again.
        """

        def write() -> list[ReplyCounts]:
            with self.database.writing(durable=True) as connection:
                lock_account(connection, account)
                free = inbound.c.account == account, inbound.c.announced_by.is_(None)
                connection.execute(update(inbound).where(*free).values(announced_by=holder))
                return _counted(connection, account, holder)

        return repeat_conflicts(self.clock, write)


def _counted(connection: Connection, account: str, holder: str) -> list[ReplyCounts]:
    own = inbound.c.account == account, inbound.c.announced_by == holder
    found: dict[Run, _Counted] = {}
    groups = (*_run, inbound.c.keyword, inbound.c.action)
    counts = select(*groups, func.count()).where(*own).group_by(*groups)
    for campaign, dag_id, run_id, keyword, action, number in connection.execute(counts):
        counted = found.setdefault((campaign, dag_id, run_id), _Counted())
        counted.by_action[action] += number
        if keyword is not None:
            counted.by_keyword[keyword] += number
    events = select(*_run, inbound.c.action, inbound.c.receiver_key, inbound.c.received_at).where(
        *own, inbound.c.action.not_in((OPT_OUT, INBOX))
    )
    in_order = events.order_by(inbound.c.received_at, inbound.c.inbound_id)
    for campaign, dag_id, run_id, event, key, at in connection.execute(in_order):
        found[campaign, dag_id, run_id].events.append((event, key, at))
    return [
        ReplyCounts(
            campaign=run[0],
            dag_id=run[1],
            run_id=run[2],
            replies=counted.by_action.total(),
            by_keyword=dict(sorted(counted.by_keyword.items())),
            by_action=dict(sorted(counted.by_action.items())),
            events=tuple(counted.events),
        )
        for run, counted in sorted(found.items(), key=lambda each: tuple(name or "" for name in each[0]))
    ]
