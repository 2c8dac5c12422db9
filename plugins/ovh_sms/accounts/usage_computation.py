"""Computes one month of an account's usage: messages, balance, stock of credits, cost."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.usage_arrivals import Arrival, delivered_orders, opening_stock, transferred_in
from ovh_sms.accounts.usage_check import REFUNDS_WITHIN, Between, Check, Reading, refunds_between
from ovh_sms.accounts.usage_costs import Layer
from ovh_sms.accounts.usage_counts import UsageCounter
from ovh_sms.accounts.usage_exports import counted_messages
from ovh_sms.accounts.usage_lines import MonthInput, credits_by_group, credits_by_tag, usage_of
from ovh_sms.accounts.usage_month import UsageMonth, local_text
from ovh_sms.campaign.account_usage import CREDIT_UNITS, UsageRules
from ovh_sms.credits.rates import foreign_rates
from ovh_sms.store.usage import SENT, UsageLine, UsageMonthRecord

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store
    from ovh_sms.store.transfers import TransferRecord

#: Age of the oldest order that may have paid for credits of the first month.
ORDERS_OF_FIRST_MONTH = timedelta(days=400)
#: An order is delivered within this time, or never.
ORDERS_OPEN = timedelta(days=60)
#: Tags that are named if their credits differ, at most.
_MOST_TAGS = 50


log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ComputedMonth:
    """A month as it is stored, with its lines."""

    record: UsageMonthRecord
    lines: tuple[UsageLine, ...]


class Computation:
    """Computes one month that is not closed, or is opened again."""

    def __init__(
        self,
        client: OvhSmsClient,
        store: Store,
        month: UsageMonth,
        rules: UsageRules,
        now: datetime,
        known: UsageMonthRecord | None,
    ) -> None:
        self.client, self.store, self.month, self.rules, self.now = client, store, month, rules, now
        self.account = client.account_name
        self.closes = month.is_final(now)
        self.previous = store.usage.newest_closed(self.account, str(month))
        self.before = Reading.from_json(self.previous.basis["reading"]) if self.previous else None
        follows = self.previous is not None and self.previous.month == str(month.previous)
        self.basis: Mapping[str, Any] | None = self.previous.basis if self.previous and follows else None
        self.known = known

    def run(self, folder: Path) -> ComputedMonth:
        """Read everything, compute, store."""
        orders = delivered_orders(self.client, self.store, self._orders_since())
        transfers = self.store.transfers.of_account(self.account)
        arrivals = [*orders, *transferred_in(self.store, self.account, transfers)]
        arrivals.sort(key=lambda each: (each.at, each.source))
        after = self._reading(orders)
        since = min([self.month.start, *([self.before.at - REFUNDS_WITHIN] if self.before else [])])
        until = max(min(self.month.end - timedelta(seconds=1), self.now), after.at)
        counter = counted_messages(self.client, self.store, since, until, folder, (self.before, after))
        codes = sorted({group.destination for group in counter.messages if group.destination})
        rates = dict.fromkeys(codes, 1.0) | foreign_rates(self.client, codes)
        after = self._with_refunds(after, counter, rates)
        check = self._check(after, counter, rates, arrivals, transfers)
        opening, of_month, seen = self._stock(after, counter, rates, arrivals, transfers)
        tags = self.store.usage.tags(self.account, since - ORDERS_OPEN)
        used = {group.tag for group in counter.messages}
        given = MonthInput(
            account=self.account,
            month=self.month,
            messages=counter.messages,
            refunded=counter.refunded,
            rates=rates,
            campaigns={tag: found.campaign for tag, found in sorted(tags.items()) if tag in used and found.campaign},
            replies=self.store.usage.replies(self.account, *self.month.moments),
            number_checks=self.store.usage.number_checks(self.account, *self.month.moments),
            opening=opening,
            arrivals=[each.layer for each in of_month],
            transferred=self._left(transfers),
            check=check,
        )
        usage = usage_of(given, self.rules)
        basis = {
            "rates": rates,
            "campaigns": dict(given.campaigns),
            "rules": self.rules.model_dump(mode="json"),
            "opening": [each.to_json() for each in opening],
            "arrivals": [each.layer.to_json() | {"at": each.at.isoformat()} for each in of_month],
            "closing": [each.to_json() for each in usage.closing],
            "transferred": sum(given.transferred.values()),
            "by_source": dict(usage.by_source),
            "seen": seen,
            "reading": after.to_json(),
            "check": check and check.to_json(),
            "tags": self._different_tags(counter, rates),
        }
        return self._stored(usage.lines, usage.currency, basis, check)

    def _stored(
        self, lines: tuple[UsageLine, ...], currency: str, basis: dict[str, Any], check: Check | None
    ) -> ComputedMonth:
        record = UsageMonthRecord(
            account=self.account,
            month=str(self.month),
            computed_at=self.now,
            closed_at=self.now if self.closes else None,
            messages=sum(each.messages for each in lines if each.kind == SENT),
            segments=sum(each.segments for each in lines),
            credits=sum(each.credits for each in lines),
            cost_without_tax=sum(each.cost_without_tax for each in lines),
            tax=sum(each.tax for each in lines),
            currency=currency,
            not_explained=check.not_explained if check else None,
            has_changed=False,
            basis=basis,
        )
        if self.store.usage.save(record, lines, replaces=self.known.closed_at if self.known else None):
            return ComputedMonth(record=record, lines=lines)
        log.warning("another process closed the month %s of %s meanwhile: its figures stay", self.month, self.account)
        kept = self.store.usage.month(self.account, str(self.month)) or record
        return ComputedMonth(record=kept, lines=tuple(self.store.usage.lines(self.account, str(self.month))))

    def _orders_since(self) -> datetime:
        if self.before is None or self.basis is None:
            return self.month.start - ORDERS_OF_FIRST_MONTH
        return min(self.before.at, self.month.start) - ORDERS_OPEN

    def _reading(self, orders: Sequence[Arrival]) -> Reading:
        """The balance at the month's close: once it is closed, always the same one."""
        if self.known is not None and self.known.closed_at is not None:
            return Reading.from_json(self.known.basis["reading"])
        at = self.client.time()
        found = self.client.account.get()
        return Reading(
            at=at,
            credits=round((found.credits_left + found.credits_held) * CREDIT_UNITS),
            refunded=0,
            arrived=tuple(each.source for each in orders),
        )

    def _with_refunds(self, reading: Reading, counter: UsageCounter, rates: Mapping[str, float]) -> Reading:
        """Add to a new reading the credits that were back by then."""
        if self.known is not None and self.known.closed_at is not None:
            return reading
        between = Between(counter.edges, credits_by_group(counter.messages, rates))
        return replace(reading, refunded=between.sum(counter.refunded, *reading.edges()))

    def _check(
        self,
        after: Reading,
        counter: UsageCounter,
        rates: Mapping[str, float],
        arrivals: Sequence[Arrival],
        transfers: Sequence[TransferRecord],
    ) -> Check | None:
        """Compare with the balance at the last close; ``None`` if there was none."""
        before = self.before
        if before is None or after.at <= before.at:
            return None
        credits_of = credits_by_group(counter.messages, rates)
        between = Between(counter.edges, credits_of)
        came = [
            each.layer.credits
            for each in arrivals
            if (each.source in after.arrived and each.source not in before.arrived)
            or (each.source.startswith("transfer ") and before.at < each.at <= after.at)
        ]
        left = [each.credits for each in transfers if each.source == self.account and before.at < each.at <= after.at]
        replies = self.store.usage.replies(self.account, before.at, after.at)
        checks = self.store.usage.number_checks(self.account, before.at, after.at)
        return Check(
            since=before.at,
            until=after.at,
            before=before.credits,
            after=after.credits,
            arrived=sum(came),
            transferred=round(sum(left) * CREDIT_UNITS),
            sent=between.sum(counter.messages, before.edges()[1], after.edges()[1]),
            refunded=refunds_between(before, after, between, counter.refunded),
            replies=sum(each.credits for each in replies),
            number_checks=sum(each.credits for each in checks),
        )

    def _stock(
        self,
        after: Reading,
        counter: UsageCounter,
        rates: Mapping[str, float],
        arrivals: Sequence[Arrival],
        transfers: Sequence[TransferRecord],
    ) -> tuple[tuple[Layer, ...], list[Arrival], list[str]]:
        """The layers at the month's start, what came within it, and all that was counted so far."""
        start, end = self.month.start, self.month.end
        if self.basis is not None:
            seen = list(self.basis["seen"])
            came = [each for each in arrivals if each.at < end and each.source not in seen]
            opening = tuple(Layer.from_json(each) for each in self.basis["closing"])
            return opening, came, [*seen, *(each.source for each in came)]
        came = [each for each in arrivals if start <= each.at < end]
        earlier = [each for each in arrivals if each.at < start]
        later = sum(each.layer.credits for each in arrivals if start <= each.at <= after.at)
        left = sum(each.credits for each in transfers if each.source == self.account and start <= each.at <= after.at)
        credits_of, first, last = credits_by_group(counter.messages, rates), local_text(start), after.edges()[1]
        used = sum(
            (count - counter.refunded.get(group, 0)) * credits_of[group]
            for group, count in counter.messages.items()
            if group.day >= first[:10] and group.interval <= counter.edges.index(last)
        )
        between = self.month.moments[0], after.at
        used += sum(each.credits for each in self.store.usage.replies(self.account, *between))
        used += sum(each.credits for each in self.store.usage.number_checks(self.account, *between))
        stock = after.credits + used + round(left * CREDIT_UNITS) - later
        return opening_stock(stock, earlier), came, [each.source for each in (*earlier, *came)]

    def _left(self, transfers: Sequence[TransferRecord]) -> dict[str, int]:
        """The credits that left for other accounts in the month, by day."""
        found: dict[str, int] = {}
        for each in transfers:
            if each.source == self.account and self.month.start <= each.at < self.month.end:
                day = local_text(each.at)[:10]
                found[day] = found.get(day, 0) + round(each.credits * CREDIT_UNITS)
        return found

    def _different_tags(self, counter: UsageCounter, rates: Mapping[str, float]) -> list[dict[str, Any]]:
        """The tags of the month whose messages took other credits than OVH has answered."""
        counted = credits_by_tag(counter.messages, credits_by_group(counter.messages, rates))
        withdrawn = self.store.usage.withdrawn(self.account)
        found = []
        for tag, known in sorted(self.store.usage.tags(self.account, self.month.start, self.month.end).items()):
            taken = None if known.taken is None else known.taken - withdrawn.get(tag, 0)
            if taken is not None and taken != counted.get(tag, 0):
                found.append({"tag": tag, "campaign": known.campaign, "taken": taken, "counted": counted.get(tag, 0)})
        return found[:_MOST_TAGS]
