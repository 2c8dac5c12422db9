"""Replies as the pages read them: page by page, counted by campaign and day, and of one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    and_,
    case,
    column,
    distinct,
    func,
    or_,
    select,
    tuple_,
    values,
)

from ovh_sms.reply_words import OPT_OUT
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.repository import Repository
from ovh_sms.store.tables import UtcDateTime, submissions

_it, _of = inbound.c, submissions.c
_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class InboxFilter:
    """Which replies are shown; an empty field lets all pass.

    :param dag_ids: only replies to runs of these DAGs.
    :param with_unknown: also those that answer no known run.
    :param unknown_of: of these, only the replies to some accounts; ``None``: to all.
    :param text: in any part of what the person wrote.
    """

    dag_ids: Collection[str]
    with_unknown: bool = False
    unknown_of: Collection[str] | None = None
    campaign: str = ""
    action: str = ""
    keyword: str = ""
    text: str = ""

    def where(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions."""
        dag_ids = [*sorted(self.dag_ids), *([""] if self.with_unknown else [])]
        dag_id = func.coalesce(_it.dag_id, "")
        yield dag_id.in_(dag_ids)  # no index of its own: that of the order is read
        if self.with_unknown and self.unknown_of is not None:
            yield or_(dag_id != "", _it.account.in_(sorted(self.unknown_of)))
        for name in ("campaign", "action", "keyword"):
            if value := getattr(self, name):
                yield _it[name] == value
        if self.text:
            in_any_case = func.lower(_it.text).contains(self.text.lower(), autoescape=True)
            yield or_(_it.text.contains(self.text, autoescape=True), in_any_case)


class Place(NamedTuple):
    """The place of a reply in the list, the newest first."""

    received_at: datetime
    account: str
    inbound_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxRow:
    """One reply on a page."""

    account: str
    inbound_id: int
    received_at: datetime
    number: str
    text: str
    campaign: str | None
    dag_id: str | None
    run_id: str | None
    keyword: str | None
    action: str
    digest: int | None

    @property
    def place(self) -> Place:
        """Its place in the list."""
        return Place(self.received_at, self.account, self.inbound_id)


_COLUMNS = [_it[each.name] for each in fields(InboxRow)]
_PLACE = (_it.received_at, _it.account, _it.inbound_id)


@dataclass(frozen=True, kw_only=True)
class InboxKinds:
    """How many replies there are by campaign, action and keyword, without a filter."""

    campaigns: Counter[str]
    actions: Counter[str]
    keywords: Counter[str]


@dataclass(frozen=True, kw_only=True)
class ReplyRate:
    """The replies to the runs of one campaign.

    :param delivered: messages of these runs, as far as their receipts are collected.
    :param not_collected: messages of batches whose receipts are not collected yet.
    :param people: who replied, each once for a run.
    :param of_delivered: those of them who replied to a batch whose receipts are collected.
    :param opt_outs: of all of them, by a reply.
    """

    campaign: str
    dag_id: str
    delivered: int
    not_collected: int
    people: int
    of_delivered: int
    opt_outs: int

    @property
    def percent(self) -> float | None:
        """People who replied, of 100 delivered messages; ``None`` while no receipts are collected."""
        return 100 * self.of_delivered / self.delivered if self.delivered else None


class InboundPages(Repository):
    """Reads replies for pages: few columns, by an index."""

    def page(self, wanted: InboxFilter, *, limit: int, before: Place | None = None) -> list[InboxRow]:
        """List replies, the newest first.

        :param before: place of the last reply of the page before.
        """
        query = select(*_COLUMNS).where(*wanted.where())
        if before is not None:
            query = query.where(tuple_(*_PLACE) < before)
        with self.database.reading() as connection:
            found = connection.execute(query.order_by(*(each.desc() for each in _PLACE)).limit(limit))
            return [InboxRow(**row) for row in found.mappings()]

    def find(self, account: str, inbound_id: int) -> InboxRow | None:
        """Find one reply."""
        query = select(*_COLUMNS).where(_it.account == account, _it.inbound_id == inbound_id)
        with self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return InboxRow(**row) if row else None

    def of_person(self, digest: int, wanted: InboxFilter, *, limit: int) -> list[InboxRow]:
        """List the replies of one person, the newest first.

        :param digest: see :class:`~ovh_sms.contacts.classify.person_digests.PersonDigester`.
        """
        query = select(*_COLUMNS).where(_it.digest == digest, *wanted.where())
        with self.database.reading() as connection:
            found = connection.execute(query.order_by(_it.received_at.desc()).limit(limit))
            return [InboxRow(**row) for row in found.mappings()]

    def kinds(self, scope: InboxFilter) -> InboxKinds:
        """Count the replies of a scope by campaign, action and keyword."""
        names = (_it.campaign, _it.action, _it.keyword)
        query = select(*names, func.count()).where(*scope.where()).group_by(*names)
        found = InboxKinds(campaigns=Counter(), actions=Counter(), keywords=Counter())
        with self.database.reading() as connection:
            for campaign, action, keyword, number in connection.execute(query):
                found.campaigns[campaign or ""] += number
                found.actions[action] += number
                found.keywords[keyword or ""] += number
        return found

    def by_day(self, scope: InboxFilter, starts: Sequence[datetime]) -> list[tuple[int, int]]:
        """Count replies, and those of them that opt out, of each day.

        :param starts: of the days, the earliest first; the last day ends now.
        """
        ends = [*starts[1:], starts[-1] + _A_YEAR]
        moments = column("starts", UtcDateTime()), column("ends", UtcDateTime())
        days = values(column("at", Integer), *moments, name="days").data(list(zip(count(), starts, ends, strict=False)))
        day = days.cte("days")

        def counted(*more: ColumnElement[bool]) -> ScalarSelect[int]:
            within = (_it.received_at >= day.c.starts, _it.received_at < day.c.ends)
            return select(func.count()).select_from(inbound).where(*within, *scope.where(), *more).scalar_subquery()

        query = select(counted(), counted(_it.action == OPT_OUT)).select_from(day).order_by(day.c.at)
        with self.database.reading() as connection:
            return [(int(number), int(opt_outs)) for number, opt_outs in connection.execute(query)]

    def rates(self, dag_ids: Collection[str], since: datetime) -> list[ReplyRate]:
        """Count deliveries and replies of the runs since a moment that people could answer, by campaign.

        A run of several batches may be half collected: its rate is that of the batches whose deliveries are known.
        """
        ours = (_of.dag_id.in_(sorted(dag_ids)), _of.sender == "", _of.sent_at >= since)
        open_ones = case((_of.delivered.is_(None), func.coalesce(_of.submitted, _of.accepted)), else_=0)
        sums = [func.coalesce(func.sum(each), 0) for each in (_of.delivered, open_ones)]
        sent = select(_of.campaign, _of.dag_id, *sums).where(*ours).group_by(_of.campaign, _of.dag_id)
        runs = select(_of.dag_id, _of.run_id).where(*ours).distinct().subquery()
        known = select(_of.tag).where(*ours, _of.delivered.is_not(None))
        person = func.coalesce(_it.digest, _it.inbound_id)
        some = (person, case((_it.tag.in_(known), person)), case((_it.action == OPT_OUT, person)))
        replied = (
            select(_it.dag_id, *(func.count(distinct(each)) for each in some))
            .join(runs, and_(runs.c.dag_id == _it.dag_id, runs.c.run_id == _it.run_id))
            .group_by(_it.dag_id, _it.run_id)
        )
        counts: dict[str, Counter[str]] = {}
        with self.database.reading() as connection:
            for dag_id, people, of_delivered, opt_outs in connection.execute(replied):
                one_run = Counter(people=people, of_delivered=of_delivered, opt_outs=opt_outs)
                counts[dag_id] = counts.get(dag_id, Counter()) + one_run
            rows = connection.execute(sent.order_by(_of.campaign, _of.dag_id)).all()
        return [
            ReplyRate(
                campaign=name,
                dag_id=dag_id,
                delivered=int(delivered),
                not_collected=int(waiting),
                **{each: counts.get(dag_id, Counter())[each] for each in ("people", "of_delivered", "opt_outs")},
            )
            for name, dag_id, delivered, waiting in rows
        ]
