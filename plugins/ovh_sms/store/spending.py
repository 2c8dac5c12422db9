"""Spending of accounts, and costs of campaigns: from the submissions and the lists of runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, union_all

from ovh_sms.forecast.planned import COSTS
from ovh_sms.forecast.spending import HISTORY_DAYS, AccountSpending, Spending
from ovh_sms.store.answers import ANSWERED
from ovh_sms.store.credit_level_tables import credit_readings
from ovh_sms.store.inbound_tables import answers
from ovh_sms.store.outbox_records import SUBMITTED
from ovh_sms.store.outbox_tables import outbox
from ovh_sms.store.repository import Repository
from ovh_sms.store.run_tables import runs
from ovh_sms.store.tables import submissions, withdrawals

#: A row is recorded within so long of its submission.
_RECORDED_WITHIN = timedelta(days=1)


class Balance(NamedTuple):
    """The credits of an account as OVH gave them.

    :param at: aware.
    """

    at: datetime
    credits: float


class SpendingQueries(Repository):
    """Credits spent, as the results show them right after each submission."""

    def of_account(self, account: str, now: datetime) -> AccountSpending:
        """Read what an account spent on the days that a forecast is based on, less what OVH refunded.

        Answers to replies and single SMS count, too. A submission whose credits OVH did not name counts with its
        estimate. One whose outcome is unknown is in no result yet, and does not count.

        :param now: aware.
        """
        it = submissions.c
        refunds = (
            select(withdrawals.c.tag, func.sum(withdrawals.c.credits).label("credits"))
            .where(withdrawals.c.account == account)
            .group_by(withdrawals.c.tag)
            .subquery()
        )
        planned_at = (
            select(func.max(runs.c.planned_at))
            .where(runs.c.dag_id == it.dag_id, runs.c.run_id == it.run_id)
            .scalar_subquery()
        )
        spent = func.coalesce(it.credits_spent, it.credits_estimated, 0.0) - func.coalesce(refunds.c.credits, 0.0)
        here = (it.account == account, it.sent_at.is_not(None))
        query = (
            select(it.sent_at, spent, it.campaign, planned_at)
            .select_from(submissions.outerjoin(refunds, refunds.c.tag == it.tag))
            .where(*here, it.recorded_at >= now - timedelta(days=HISTORY_DAYS) - _RECORDED_WITHIN)
            .order_by(it.sent_at, it.tag)
        )
        with self.database.reading() as connection:
            first = connection.execute(select(func.min(it.sent_at)).where(*here)).scalar()
            found = [
                Spending(at=at, credits=amount, campaign=campaign, planned_at=planned)
                for at, amount, campaign, planned in connection.execute(query)
            ]
            for more in (_answers(account, now), _single_sms(account, now)):
                found += [Spending(at=row[0], credits=row[1]) for row in connection.execute(more)]
        return AccountSpending(spendings=tuple(sorted(found, key=lambda each: each.at)), known_since=first)

    def balances(self, account: str, *, since: datetime | None = None, limit: int = 1000) -> list[Balance]:
        """List the credits of an account as checks of it and of its runs read them, the newest first.

        :param since: the earliest moment, aware.
        """
        it, own = credit_readings.c, runs.c
        of_checks = select(it.at.label("at"), it.credits.label("credits")).where(it.account == account)
        of_runs = select(own.checked_at.label("at"), own.credits_left.label("credits")).where(
            own.account == account, own.checked_at.is_not(None), own.credits_left.is_not(None)
        )
        found = union_all(of_checks, of_runs).subquery()
        query = select(found.c.at, found.c.credits).order_by(found.c.at.desc()).limit(limit)
        if since is not None:
            query = query.where(found.c.at >= since)
        with self.database.reading() as connection:
            return [Balance(at, amount) for at, amount in connection.execute(query)]

    def list_costs(self, account: str, campaigns: Collection[str]) -> dict[str, list[float]]:
        """Read what the lists of campaigns cost by their estimates, the latest run of each first, five at most.

        A run that was cancelled, refused or sent in part counts too: the next one is for its whole list.
        """
        it = runs.c
        started = func.max(it.started_at).label("started")
        per_run = (
            select(it.campaign, func.sum(it.credits_estimated).label("credits"), started)
            .where(it.account == account, it.campaign.in_(campaigns), it.credits_estimated.is_not(None))
            .group_by(it.campaign, it.dag_id, it.run_id)
            .subquery()
        )
        place = func.row_number().over(partition_by=per_run.c.campaign, order_by=per_run.c.started.desc())
        placed = select(per_run.c.campaign, per_run.c.credits, place.label("place")).subquery()
        query = select(placed.c.campaign, placed.c.credits).where(placed.c.place <= COSTS)
        found: dict[str, list[float]] = {}
        with self.database.reading() as connection:
            for campaign, amount in connection.execute(query.order_by(placed.c.campaign, placed.c.place)):
                found.setdefault(campaign, []).append(amount)
        return found


def _answers(account: str, now: datetime) -> Select[Any]:
    """Select the credits of answers to replies."""
    it = answers.c
    here = (it.account == account, it.state == ANSWERED, it.credits.is_not(None))
    return select(it.ended_at, it.credits).where(*here, it.ended_at >= now - timedelta(days=HISTORY_DAYS))


def _single_sms(account: str, now: datetime) -> Select[Any]:
    """Select the credits of the groups of the outbox."""
    it = outbox.c
    here = (it.account == account, it.state == SUBMITTED, it.credits.is_not(None))
    since = it.ended_at >= now - timedelta(days=HISTORY_DAYS)
    return select(func.max(it.ended_at), func.sum(it.credits)).where(*here, since).group_by(it.group_tag)
