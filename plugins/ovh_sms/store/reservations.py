"""Credits that runs have reserved on their account, so that two of them never count on the same ones.

A reservation holds the credits of each batch of a run's list. It ends by itself: batch by batch as OVH accepts them,
which the journal knows; all of it if the run is cancelled, has ended, or after some days.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, not_, or_, select, update

from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account, shared_time
from ovh_sms.store.leaving_transfers import leaving_transfers, transfers_over
from ovh_sms.store.models import BATCH, PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.month_use import month_use
from ovh_sms.store.repository import Repository
from ovh_sms.store.reservation_records import (
    AwaitedCredits,
    KnownReservations,
    MonthlyBudget,
    MonthUse,
    OtherReservation,
    ReservationCheck,
    RunBatch,
    WaitingRun,
    WantedCredits,
)
from ovh_sms.store.reservation_tables import reservations
from ovh_sms.store.upsert import upsert

_it, _attempts, _cancelled = reservations.c, tables.attempts.c, tables.cancelled_runs.c
#: A wait whose last check is older than this has ended without a word, as with its worker: the next one is a new wait.
_SAME_WAIT = timedelta(hours=1)
#: A run that goes on after its end keeps its credits at least for so long.
GOES_ON_FOR = timedelta(days=2)
_is_cancelled = exists().where(_cancelled.dag_id == _it.dag_id, _cancelled.run_id == _it.run_id)


class Reservations(Repository):
    """Reserved credits by the tag of the list."""

    def read(self, account: str) -> KnownReservations:
        """Read which batches OVH has accepted; call it before the account's credits are read.

        A batch that OVH accepts after this call counts as reserved, as the credits read may still hold its own.
        """
        with self.database.reading() as connection:
            live = _it.expires_at > shared_time(connection, self.clock)
            tags = connection.execute(select(_it.list_tag).where(_it.account == account, live)).scalars().all()
            states = _states(connection, and_(_it.account == account, live))
            accepted = (batch for batch, found in states.items() if SUCCEEDED in found)
            return KnownReservations(
                live=frozenset(tags),
                accepted=frozenset(accepted),
                transferred=transfers_over(connection, account, shared_time(connection, self.clock)),
            )

    def reserve(
        self,
        wanted: WantedCredits,
        known: KnownReservations,
        *,
        credits_left: float,
        budget: MonthlyBudget | None = None,
        has_started: bool = False,
    ) -> ReservationCheck:
        """Reserve the credits of a run, if the account holds them beside those that others still need.

        A transfer from the account that may be under way takes its credits away, too: its claim locks the account.

        All of it is one transaction that keeps out every other process of the account. The run's earlier reservation is
        replaced; if the credits are short it ends.

        :param known: what :meth:`read` returned before the account's credits were read.
        :param credits_left: the account's credits.
        :param budget: the campaign's budget for a month.
        :param has_started: the run has started to send: what has started is finished, and the credits are reserved
            however few there are.
        """
        with self.database.writing(durable=True) as connection:
            lock_account(connection, wanted.account)
            if budget is not None:
                lock_account(connection, f"budget of {wanted.dag_id}")  # its runs may use several accounts
            now = shared_time(connection, self.clock)
            month = None if budget is None else month_use(connection, wanted, budget, now)
            check = ReservationCheck(
                is_reserved=False,
                needed=wanted.credits,
                credits_left=credits_left,
                others=(
                    *_others(connection, wanted.account, known, now, but=wanted.list_tag),
                    *leaving_transfers(connection, wanted.account, known.transferred),
                ),
                month=month,
                waits_since=_waits_since(connection, wanted.list_tag, now),
            )
            is_reserved = has_started or not (check.missing or (month is not None and month.is_exceeded))
            _write(connection, wanted, check, now, is_reserved=is_reserved)
            return replace(check, is_reserved=is_reserved)

    def await_credits(self, list_tag: str, *, since: datetime, until: datetime) -> None:
        """Record that a run waits for credits."""
        self._change(_it.list_tag == list_tag, waits_since=since, waits_until=until)

    def end_wait(self, list_tag: str) -> None:
        """Record that a run waits for credits no more."""
        self._change(_it.list_tag == list_tag, waits_since=None, waits_until=None)

    def awaited(self, list_tag: str) -> AwaitedCredits | None:
        """Read for what a run waits; ``None`` if it does not."""
        with self.database.reading() as connection:
            return awaited_credits(connection, [list_tag]).get(list_tag)

    def release(self, dag_id: str, run_id: str) -> None:
        """End the reservations of a run that has ended; a batch that OVH may have accepted still counts."""
        here = and_(_it.dag_id == dag_id, _it.run_id == run_id, _it.released_at.is_(None))
        with self.database.writing() as connection:
            now = shared_time(connection, self.clock)
            values = {"released_at": now, "waits_since": None, "waits_until": None}
            connection.execute(update(reservations).where(here).values(values))

    def renew(self, dag_id: str, run_id: str) -> None:
        """Take up the reservations of a run that goes on after its end, as its tasks were cleared."""
        here = and_(_it.dag_id == dag_id, _it.run_id == run_id, _it.released_at.is_not(None))
        with self.database.writing() as connection:
            until = shared_time(connection, self.clock) + GOES_ON_FOR
            later = case((_it.expires_at < until, until), else_=_it.expires_at)
            connection.execute(update(reservations).where(here).values(released_at=None, expires_at=later))

    def others(self, account: str) -> list[OtherReservation]:
        """List the runs that still need credits of an account, the largest need first."""
        known = self.read(account)
        with self.database.reading() as connection:
            return list(_others(connection, account, known, shared_time(connection, self.clock), but=""))

    def reserved(self, account: str) -> float:
        """Sum up the credits that runs have reserved on an account and not used yet."""
        return math.fsum(each.credits for each in self.others(account))

    def awaited_by(self, account: str) -> list[OtherReservation]:
        """List the runs that wait for credits of an account, the largest need first. They have reserved none."""
        return [OtherReservation(each.dag_id, each.run_id, each.credits) for each in self.waiting(account)]

    def waiting(self, account: str) -> list[WaitingRun]:
        """List the runs that wait for credits of an account with the times of their waits, the largest need first."""
        columns = (_it.dag_id, _it.run_id, _it.credits, _it.waits_since, _it.waits_until)
        with self.database.reading() as connection:
            now = shared_time(connection, self.clock)
            waits = and_(_it.reserved_at.is_(None), _it.waits_until > now, _it.checked_at > now - _SAME_WAIT)
            here = and_(_it.account == account, waits, _it.released_at.is_(None), not_(_is_cancelled))
            rows = connection.execute(select(*columns).where(here)).all()
        found = [WaitingRun(*row) for row in rows]
        return sorted(found, key=lambda each: (-each.credits, each.dag_id, each.run_id))

    def asked_for(self, account: str) -> float:
        """Sum up the credits of an account that runs have reserved and not used yet, or wait for."""
        # The waits first: a run whose wait ends in between counts twice rather than not at all.
        awaited = [each.credits for each in self.awaited_by(account)]
        return math.fsum([*awaited, self.reserved(account)])

    def month(self, dag_id: str, timezone: str) -> MonthUse | None:
        """Read a campaign's credits in this month; ``None`` if its newest run had no budget for a month."""
        newest = select(_it.budget_per_month).where(_it.dag_id == dag_id).order_by(_it.checked_at.desc()).limit(1)
        with self.database.reading() as connection:
            budget = connection.execute(newest).scalar()
            if budget is None:
                return None
            now = shared_time(connection, self.clock)
            nothing = WantedCredits(list_tag="", dag_id=dag_id, run_id="", account="", batches={}, lasts=timedelta(0))
            return month_use(connection, nothing, MonthlyBudget(budget, timezone), now)

    def _change(self, here: ColumnElement[bool], **values: Any) -> None:
        with self.database.writing() as connection:
            connection.execute(update(reservations).where(here).values(values))


def awaited_credits(connection: Connection, list_tags: Collection[str]) -> dict[str, AwaitedCredits]:
    """Read which runs wait for credits, by the tags of their lists."""
    columns = (_it.credits, _it.credits_left, _it.reserved_by_others, _it.waits_since, _it.waits_until, _it.checked_at)
    query = select(_it.list_tag, *columns).where(_it.list_tag.in_(list_tags), _it.waits_since.is_not(None))
    return {
        tag: AwaitedCredits(
            needed=needed, credits_left=left, reserved_by_others=others, since=since, until=until, checked_at=at
        )
        for tag, needed, left, others, since, until, at in connection.execute(query)
    }


def _others(
    connection: Connection, account: str, known: KnownReservations, now: datetime, *, but: str
) -> Iterator[OtherReservation]:
    """List the needs of other lists, the largest first."""
    is_live = or_(_it.expires_at > now, _it.list_tag.in_(known.live))
    here = and_(_it.account == account, _it.reserved_at.is_not(None), _it.list_tag != but, is_live)
    is_over = or_(_it.released_at.is_not(None), _is_cancelled).label("is_over")
    rows = connection.execute(select(_it.dag_id, _it.run_id, _it.batches, is_over).where(here)).all()
    states = _states(connection, here)
    found = []
    for dag_id, run_id, batches, run_is_over in rows:
        needs = {RunBatch(dag_id, run_id, digest): amount for digest, amount in batches.items()}
        # A run that is over submits nothing more; what it has submitted may not be in the reading of the credits.
        counted = [
            amount
            for batch, amount in needs.items()
            if batch not in known.accepted and (not run_is_over or states[batch] & {PENDING, UNKNOWN, SUCCEEDED})
        ]
        if counted:
            found.append(OtherReservation(dag_id, run_id, math.fsum(counted)))
    yield from sorted(found, key=lambda each: (-each.credits, each.dag_id, each.run_id))


def _states(connection: Connection, here: ColumnElement[bool]) -> defaultdict[RunBatch, set[str]]:
    """Find the states of all attempts at batches of the runs with some reservations."""
    same_run = and_(_attempts.dag_id == _it.dag_id, _attempts.run_id == _it.run_id)
    query = (
        select(_attempts.dag_id, _attempts.run_id, _attempts.list_digest, _attempts.state)
        .join_from(reservations, tables.attempts, same_run)
        .where(here, _attempts.kind == BATCH)
    )
    found: defaultdict[RunBatch, set[str]] = defaultdict(set)
    for dag_id, run_id, digest, state in connection.execute(query):
        found[RunBatch(dag_id, run_id, digest)].add(state)
    return found


def _waits_since(connection: Connection, list_tag: str, now: datetime) -> datetime | None:
    """Since when a run has waited; ``None`` if it has not, or its last check is long past."""
    query = select(_it.waits_since).where(_it.list_tag == list_tag, _it.checked_at > now - _SAME_WAIT)
    return connection.execute(query).scalar()


def _write(
    connection: Connection, wanted: WantedCredits, check: ReservationCheck, now: datetime, *, is_reserved: bool
) -> None:
    """Keep what was found; credits that are not reserved count for nobody. A wait is recorded anew, if it goes on."""
    values = {
        "list_tag": wanted.list_tag,
        "dag_id": wanted.dag_id,
        "run_id": wanted.run_id,
        "account": wanted.account,
        "credits": wanted.credits,
        "batches": dict(wanted.batches),
        "credits_left": check.credits_left,
        "reserved_by_others": check.reserved_by_others,
        "checked_at": now,
        "reserved_at": now if is_reserved else None,
        "expires_at": now + wanted.lasts,
        "released_at": None,
        "waits_since": None,
        "waits_until": None,
        "budget_per_month": check.month and check.month.budget,
    }
    upsert(connection, reservations, [values])
