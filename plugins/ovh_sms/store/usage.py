"""The usage of accounts by month: its lines, and what the journal and the results know of the messages by tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from ovh_sms.store import tables
from ovh_sms.store.attempt_queries import LIVE
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.models import MESSAGES, SUCCEEDED
from ovh_sms.store.models import NUMBER_CHECK as CHECK_ATTEMPT
from ovh_sms.store.outbox_tables import outbox
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import upsert
from ovh_sms.store.usage_tables import usage_lines, usage_months

#: Kinds of lines.
SENT, REPLY, NUMBER_CHECK, NOT_EXPLAINED = "sent", "reply", "number check", "not explained"
#: Credits are stored as whole ten-thousandths.
_UNITS = 10_000
#: The store's clock and OVH's differ by less.
_CLOCKS_DIFFER = timedelta(days=1)
#: Messages that leave later may be made at OVH so long after their submission was recorded.
_RECORDED_BEFORE = timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class UsageLine:
    """Messages, segments, credits and money of one user, campaign, tag, sender and country.

    :param kind: ``sent``, ``reply``, ``number check`` or ``not explained``.
    :param payer: empty if nobody pays for it.
    :param user_name: login; empty for messages of the account itself.
    :param country: two letters.
    :param credits_taken: ten-thousandths of a credit, as for the other credits.
    :param credits_refunded: of them, those that OVH refunded.
    :param credits_unpriced: of the rest, those that no known order has paid.
    :param cost_without_tax: cents, as for ``tax``.
    """

    kind: str
    payer: str
    user_name: str
    campaign: str
    tag: str
    sender: str
    country: str
    messages: int
    segments: int
    credits_taken: int
    credits_refunded: int
    credits_unpriced: int
    cost_without_tax: int
    tax: int

    @property
    def credits(self) -> int:
        """Credits that it cost, in ten-thousandths."""
        return self.credits_taken - self.credits_refunded

    @property
    def cost_with_tax(self) -> int:
        """Cost with tax, in cents."""
        return self.cost_without_tax + self.tax

    @property
    def key(self) -> tuple[str, ...]:
        """Its user, campaign, tag, sender and country."""
        return (self.user_name, self.campaign, self.tag, self.sender, self.country)


@dataclass(frozen=True, kw_only=True)
class UsageMonthRecord:
    """A month of an account, with its sums.

    :param closed_at: since when its figures are kept; ``None`` while it may still change.
    :param not_explained: credits that nothing explains, in ten-thousandths; ``None`` if nobody could check it.
    :param has_changed: OVH has shown other figures since it was closed.
    :param basis: what the same figures are made from again.
    """

    account: str
    month: str
    computed_at: datetime
    closed_at: datetime | None
    messages: int
    segments: int
    credits: int
    cost_without_tax: int
    tax: int
    currency: str
    not_explained: int | None
    has_changed: bool
    basis: dict[str, Any]

    @property
    def cost_with_tax(self) -> int:
        """Cost with tax, in cents."""
        return self.cost_without_tax + self.tax


@dataclass(frozen=True, kw_only=True)
class ReplyCredits:
    """Credits that the replies of one moment took, in ten-thousandths."""

    at: datetime
    tag: str
    campaign: str
    replies: int
    credits: int


@dataclass(frozen=True, kw_only=True)
class CheckCredits:
    """Credits that one request for number checks took, in ten-thousandths.

    :param at: OVH's time right before it.
    """

    at: datetime
    credits: int


@dataclass(frozen=True)
class KnownTag:
    """A tag of the journal.

    :param taken: credits that OVH said it took, in ten-thousandths; ``None`` if nobody knows it.
    """

    campaign: str
    taken: int | None


_LINE_COLUMNS = [usage_lines.c[each.name] for each in fields(UsageLine)]


class Usage(Repository):
    """Months by account, each with its lines."""

    def save(self, month: UsageMonthRecord, lines: Iterable[UsageLine], *, replaces: datetime | None = None) -> bool:
        """Store a month with its lines, in place of those that were there; one that another process closed stays.

        :param replaces: when the month was closed whose figures are replaced; ``None``: no closed one.
        :returns: whether it is stored.
        """
        about = {"account": month.account, "month": month.month}
        rows = [{**about, "line": at, **asdict(line)} for at, line in enumerate(lines)]
        here = (usage_lines.c.account == month.account, usage_lines.c.month == month.month)
        with self.database.writing(durable=True) as connection:
            query = select(usage_months.c.closed_at).where(*_of(month))
            closed_at = connection.execute(query.with_for_update()).scalar()
            if closed_at is not None and closed_at != replaces:
                return False
            upsert(connection, usage_months, [asdict(month)])
            connection.execute(delete(usage_lines).where(*here))
            if rows:
                connection.execute(insert(usage_lines), rows)
        return True

    def note(self, month: UsageMonthRecord) -> None:
        """Store what was found of a closed month; its lines stay. Nothing is stored if it was opened again since."""
        here = (*_of(month), usage_months.c.closed_at == month.closed_at)
        found = {"has_changed": month.has_changed, "basis": month.basis}
        with self.database.writing() as connection:
            connection.execute(update(usage_months).where(*here).values(found))

    def month(self, account: str, month: str) -> UsageMonthRecord | None:
        """Return one month; ``None`` if it was never computed."""
        return next(iter(self._months(usage_months.c.account == account, usage_months.c.month == month)), None)

    def newest_closed(self, account: str, before: str) -> UsageMonthRecord | None:
        """Return the newest closed month before one; ``None`` if there is none."""
        where = (
            usage_months.c.account == account,
            usage_months.c.month < before,
            usage_months.c.closed_at.is_not(None),
        )
        return next(iter(self._months(*where)), None)

    def months(self) -> list[UsageMonthRecord]:
        """List the months of all accounts, the newest first."""
        return self._months()

    def lines(self, account: str, month: str) -> list[UsageLine]:
        """List the lines of a month in their order."""
        here = (usage_lines.c.account == account, usage_lines.c.month == month)
        query = select(*_LINE_COLUMNS).where(*here).order_by(usage_lines.c.line)
        with self.database.reading() as connection:
            return [UsageLine(**row) for row in connection.execute(query).mappings()]

    def _months(self, *where: Any) -> list[UsageMonthRecord]:
        query = select(usage_months).where(*where).order_by(usage_months.c.month.desc(), usage_months.c.account)
        with self.database.reading() as connection:
            return [UsageMonthRecord(**row) for row in connection.execute(query).mappings()]

    def tags(self, account: str, since: datetime, until: datetime | None = None) -> dict[str, KnownTag]:
        """Return the tags under which messages were sent since a moment, or may have been, with their campaigns."""
        it = tables.attempts.c
        query = select(it.tag, it.campaign, it.state, it.answer["credits_spent"].as_float()).where(
            it.account == account, it.kind.in_(MESSAGES), LIVE, it.claimed_at >= since
        )
        if until is not None:
            query = query.where(it.claimed_at < until)
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return {
            tag: KnownTag(campaign, None if spent is None or state != SUCCEEDED else _units(spent))
            for tag, campaign, state, spent in rows
        }

    def withdrawn(self, account: str) -> dict[str, int]:
        """Return the credits of withdrawn messages by tag, in ten-thousandths."""
        it, found = tables.withdrawals.c, dict[str, int]()
        with self.database.reading() as connection:
            for tag, amount in connection.execute(select(it.tag, it.credits).where(it.account == account)):
                found[tag] = found.get(tag, 0) + _units(amount)
        return found

    def marketing_tags(self, account: str, since: datetime) -> set[str]:
        """Return the tags whose messages carry the STOP clause, of messages made since a moment.

        A message may be made at OVH long after its submission was recorded here.
        """
        sent, single, recorded = tables.submissions.c, outbox.c, since - _RECORDED_BEFORE
        ours = (sent.account == account, sent.marketing, sent.recorded_at >= recorded)
        of_groups = (single.account.in_((account, "")), single.stop_clause, single.group_tag.is_not(None))
        with self.database.reading() as connection:
            found = set(connection.execute(select(sent.tag).where(*ours)).scalars())
            groups = select(single.group_tag).where(*of_groups, single.ended_at >= recorded).distinct()
            return found | {tag for tag in connection.execute(groups).scalars() if tag}

    def replies(self, account: str, since: datetime, until: datetime) -> Sequence[ReplyCredits]:
        """List what the replies between two moments took; the first moment is excluded, the second is not."""
        it = inbound.c
        query = select(it.received_at, it.tag, it.campaign, it.credits).where(
            it.account == account, it.received_at > since, it.received_at <= until
        )
        with self.database.reading() as connection:
            return [
                ReplyCredits(at=at, tag=tag, campaign=campaign or "", replies=1, credits=_units(amount))
                for at, tag, campaign, amount in connection.execute(query.order_by(it.received_at, it.inbound_id))
            ]

    def number_checks(self, account: str, since: datetime, until: datetime) -> list[CheckCredits]:
        """List what number checks between two moments took; the first moment is excluded, the second is not."""
        it = tables.attempts.c
        query = select(it.answer).where(
            it.account == account, it.kind == CHECK_ATTEMPT, it.state == SUCCEEDED,
            it.claimed_at.between(since - _CLOCKS_DIFFER, until + _CLOCKS_DIFFER),
        )  # fmt: skip
        with self.database.reading() as connection:
            answers = connection.execute(query).scalars().all()
        found = [
            CheckCredits(at=datetime.fromisoformat(each["not_yet_at"]), credits=_units(float(each["credits"])))
            for each in answers
        ]
        return sorted((each for each in found if since < each.at <= until), key=lambda each: each.at)


def _of(month: UsageMonthRecord) -> tuple[ColumnElement[bool], ...]:
    return usage_months.c.account == month.account, usage_months.c.month == month.month


def _units(credits_taken: float) -> int:
    return round(credits_taken * _UNITS)
