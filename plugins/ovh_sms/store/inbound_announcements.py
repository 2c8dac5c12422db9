"""Which task announces which replies: each is counted in the asset events of one task, also if that is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from ovh_sms.messaging.tag import digest_tag
from ovh_sms.reply_words import INBOX, OPT_OUT
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.inbound_records import ReplyCounts
from ovh_sms.store.inbound_tables import announcing_tasks as _tasks
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing
from ovh_sms.store.write_retry import repeat_conflicts

_run = (inbound.c.account, inbound.c.campaign, inbound.c.dag_id, inbound.c.run_id)
Run = tuple[str, str | None, str | None, str | None]
#: Announcing tasks are kept apart by this lock; no account has this name.
_LOCK = "announcements"


@dataclass
class _Counted:
    """The counts of one run while they are read."""

    by_keyword: Counter[str] = field(default_factory=Counter)
    by_action: Counter[str] = field(default_factory=Counter)
    events: list[tuple[str, str | None, datetime]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class AnnouncingTask:
    """A task that announces replies; each of its tries is the same."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int

    @property
    def digest(self) -> str:
        """Names the task in the rows of its replies."""
        return digest_tag(self.dag_id, self.run_id, self.task_id, str(self.map_index))


class InboundAnnouncements(Repository):
    """Replies by the task that announces them."""

    def is_soon_after(self, task: AnnouncingTask, apart: timedelta) -> bool:
        """Return whether another task has taken replies less than so long ago."""
        since = self.clock.now() - apart
        query = select(_tasks.c.digest).where(_tasks.c.digest != task.digest, _tasks.c.claimed_at > since)
        with self.database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def claim(self, task: AnnouncingTask, *, only_own: bool = False) -> list[ReplyCounts]:
        """Give the replies that nobody announces to a task, and count all that are its own, by account and run.

        Its next try gets the same replies again.

        :param only_own: give it no new ones.
        """

        def write() -> list[ReplyCounts]:
            with self.database.writing(durable=True) as connection:
                lock_account(connection, _LOCK)
                given = update(inbound).where(inbound.c.announced_by.is_(None)).values(announced_by=task.digest)
                if not only_own and connection.execute(given).rowcount:
                    row = {**asdict(task), "digest": task.digest, "claimed_at": self.clock.now()}
                    insert_missing(connection, _tasks, row)
                return _counted(connection, task.digest)

        return repeat_conflicts(self.clock, write)

    def tasks(self) -> list[AnnouncingTask]:
        """List the tasks that have taken replies, and may not have announced them yet."""
        names = [_tasks.c[each.name] for each in fields(AnnouncingTask)]
        with self.database.reading() as connection:
            found = connection.execute(select(*names).order_by(_tasks.c.claimed_at)).mappings()
            return [AnnouncingTask(**row) for row in found]

    def announced(self, task: AnnouncingTask) -> None:
        """Record that a task has announced its replies."""

        def write() -> None:
            with self.database.writing() as connection:
                connection.execute(delete(_tasks).where(_tasks.c.digest == task.digest))

        repeat_conflicts(self.clock, write)

    def release(self, task: AnnouncingTask) -> None:
        """Record that a task announces its replies never: the next one does."""

        def write() -> None:
            with self.database.writing(durable=True) as connection:
                lock_account(connection, _LOCK)
                own = inbound.c.announced_by == task.digest
                connection.execute(update(inbound).where(own).values(announced_by=None))
                connection.execute(delete(_tasks).where(_tasks.c.digest == task.digest))

        repeat_conflicts(self.clock, write)


def _counted(connection: Connection, digest: str) -> list[ReplyCounts]:
    own = (inbound.c.announced_by == digest,)
    found: dict[Run, _Counted] = {}
    groups = (*_run, inbound.c.keyword, inbound.c.action)
    counts = select(*groups, func.count()).where(*own).group_by(*groups)
    for *run, keyword, action, number in connection.execute(counts):
        counted = found.setdefault(_run_of(run), _Counted())
        counted.by_action[action] += number
        if keyword is not None:
            counted.by_keyword[keyword] += number
    events = select(*_run, inbound.c.action, inbound.c.receiver_key, inbound.c.received_at).where(
        *own, inbound.c.action.not_in((OPT_OUT, INBOX))
    )
    in_order = events.order_by(inbound.c.received_at, inbound.c.inbound_id)
    for *run, event, key, at in connection.execute(in_order):
        found[_run_of(run)].events.append((event, key, at))
    return [
        ReplyCounts(
            account=run[0],
            campaign=run[1],
            dag_id=run[2],
            run_id=run[3],
            replies=counted.by_action.total(),
            by_keyword=dict(sorted(counted.by_keyword.items())),
            by_action=dict(sorted(counted.by_action.items())),
            events=tuple(counted.events),
        )
        for run, counted in sorted(found.items(), key=lambda each: tuple(name or "" for name in each[0]))
    ]


def _run_of(values: Sequence[Any]) -> Run:
    account, campaign, dag_id, run_id = values
    return account, campaign, dag_id, run_id
