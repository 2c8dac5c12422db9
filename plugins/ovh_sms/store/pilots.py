"""The pilot of a run: the batches that are sent first, and whether the rest may follow."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, update

from ovh_sms.errors import PilotAwaited
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.held_runs import SEND, held_runs, hold_run
from ovh_sms.store.pilot_tables import pilots as _table
from ovh_sms.store.published_lists import has_started
from ovh_sms.store.repository import Repository
from ovh_sms.store.stop_rate import StopRate

if TYPE_CHECKING:
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.paced_records import BatchClaim, PacedList

_it = _table.c
_AT_ONCE = 500
_NOT_READ = dict.fromkeys(("read_at", "sent_at", "sent", "final", "delivered", "opt_outs", "passed_at"))


@dataclass(frozen=True, kw_only=True)
class PilotLimits:
    """The limits of a pilot.

    :param wait: seconds from its departure for which its delivery receipts are waited for.
    :param stop_window: seconds from its departure for which STOPs are waited for, even if all receipts have come.
    :param min_delivered: percent of its messages.
    :param max_stop_rate: STOPs for 1,000 delivered messages.
    """

    wait: float
    stop_window: float
    min_delivered: float
    max_stop_rate: float


@dataclass(frozen=True, kw_only=True)
class PilotCounts:
    """A pilot that was sent, as counted at OVH.

    :param sent_at: when the last batch of it left, by OVH's clock.
    :param final: messages whose delivery receipt is final; ``delivered`` of them were delivered.
    """

    sent_at: datetime
    sent: int
    final: int
    delivered: int
    opt_outs: int


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """The pilot of a run's list.

    :param batches: the first so many batches of the list are the pilot.
    :param read_at: when it was counted last; ``None`` before.
    :param counts: ``None`` until all of it is sent.
    :param passed_at: since when the rest may leave; ``None`` as long as it may not.
    """

    batches: int
    people: int
    limits: PilotLimits
    read_at: datetime | None = None
    counts: PilotCounts | None = None
    passed_at: datetime | None = None

    @property
    def rate(self) -> StopRate:
        """The STOPs of the messages delivered."""
        it = self.counts
        return StopRate(it.opt_outs, it.delivered) if it else StopRate(0, 0)

    @property
    def shortest_wait(self) -> timedelta:
        """The time from its departure until it can have passed."""
        return timedelta(seconds=min(self.limits.stop_window, self.limits.wait))

    @property
    def ends_at(self) -> datetime | None:
        """When it is decided at the latest; ``None`` until all of it is sent."""
        return None if self.counts is None else self.counts.sent_at + timedelta(seconds=self.limits.wait)

    def has_passed(self, now: datetime) -> bool | None:
        """Return whether the rest may leave; ``None`` if that shows later."""
        it, limits = self.counts, self.limits
        if it is None:
            return None
        if self.rate.is_over(limits.max_stop_rate):
            return False
        delivered = it.delivered and 100 * it.delivered >= limits.min_delivered * it.sent
        if it.final < it.sent:
            may_still_pass = now < it.sent_at + timedelta(seconds=limits.wait)
            return None if may_still_pass else bool(delivered)
        return None if delivered and now < it.sent_at + self.shortest_wait else bool(delivered)


class Pilots(Repository):
    """Pilots by their run and list."""

    def plan(self, wanted: PacedList, pilot: Pilot | None) -> None:
        """Keep the rest of a run's list back until its pilot has passed; a run that may be at OVH stays as it is.

        :param pilot: ``None``: the list has none.
        """
        of_run = and_(_it.dag_id == wanted.dag_id, _it.run_id == wanted.run_id)
        with self.database.reading() as connection:
            if pilot is None and not connection.execute(select(_it.batches).where(of_run)).first():
                return
        with self.database.writing(durable=True) as connection:
            lock_account(connection, wanted.account)
            if has_started(connection, wanted.dag_id, wanted.run_id):
                return
            connection.execute(delete(_table).where(of_run))
            if pilot is not None:
                key = {"dag_id": wanted.dag_id, "run_id": wanted.run_id, "list_digest": wanted.digest}
                own = {"batches": pilot.batches, "people": pilot.people, **asdict(pilot.limits)}
                connection.execute(_table.insert(), {**key, **own, **_NOT_READ})

    def of_list(self, dag_id: str, run_id: str, digest: str) -> Pilot | None:
        """Read the pilot of a list; ``None`` if it has none."""
        with self.database.reading() as connection:
            return pilots_of(connection, [(dag_id, run_id, digest)]).get((dag_id, run_id, digest))

    def settle(self, wanted: PacedList, counts: PilotCounts | None, now: datetime) -> Pilot | None:
        """Record what became of a pilot: the rest may leave, or the run is held for a person, or neither shows yet.

        :param counts: as read at OVH; ``None`` if not all of it is sent.
        :param now: OVH's time, aware.
        :returns: the pilot as it stands.
        """
        key = (wanted.dag_id, wanted.run_id, wanted.digest)
        with self.database.writing(durable=True) as connection:
            lock_account(connection, wanted.account)
            earlier = pilots_of(connection, [key]).get(key)
            if earlier is None or earlier.passed_at is not None:
                return earlier
            read = {**_NOT_READ, **(asdict(counts) if counts else {}), "read_at": now}
            connection.execute(update(_table).where(_of_list(*key)).values(read))
            pilot = pilots_of(connection, [key])[key]
            passed, is_held = pilot.has_passed(now), (key[:2] in held_runs(connection, [key[:2]]))
            if passed and not is_held:
                connection.execute(update(_table).where(_of_list(*key)).values(passed_at=now))
            elif passed is False and not is_held:
                hold_run(connection, key[:2], now, pilot.rate, pilot.limits.max_stop_rate, pilot=pilot)
            return pilots_of(connection, [key])[key]


def refuse_before_pilot(connection: Connection, attempt: Attempt, claim: BatchClaim) -> None:
    """Refuse a batch behind a pilot that has not passed, within the transaction that claims it.

    :raises PilotAwaited: it has not, and no person had the rest sent.
    """
    run = (attempt.dag_id, attempt.run_id)
    pilot = pilots_of(connection, [(*run, claim.list_digest)]).get((*run, claim.list_digest))
    if pilot is None or claim.batch <= pilot.batches or pilot.passed_at is not None:
        return
    held = held_runs(connection, [run]).get(run)
    if held is None or held.decision != SEND:
        raise PilotAwaited(
            f"Run {attempt.run_id} of {attempt.dag_id} waits for its pilot.",
            action="Nothing was sent. It waits until the pilot has passed, or a person decides.",
        )


def pilots_of(connection: Connection, lists: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Pilot]:
    """Read the pilots of those of some runs' lists that have one.

    :param lists: DAG, run and digest of the list of each.
    """
    found: dict[tuple[str, str, str], Pilot] = {}
    wanted = list(lists)
    for start in range(0, len(wanted), _AT_ONCE):
        some = tuple_(_it.dag_id, _it.run_id, _it.list_digest).in_(wanted[start : start + _AT_ONCE])
        for row in connection.execute(select(_table).where(some)).mappings():
            found[row["dag_id"], row["run_id"], row["list_digest"]] = _pilot(dict(row))
    return found


def _pilot(row: dict[str, Any]) -> Pilot:
    limits = PilotLimits(**{name: row[name] for name in ("wait", "stop_window", "min_delivered", "max_stop_rate")})
    names = ("sent_at", "sent", "final", "delivered", "opt_outs")
    counts = None if row["sent_at"] is None else PilotCounts(**{name: row[name] for name in names})
    own = {name: row[name] for name in ("batches", "people", "read_at", "passed_at")}
    return Pilot(limits=limits, counts=counts, **own)


def _of_list(dag_id: str, run_id: str, digest: str) -> ColumnElement[bool]:
    return and_(_it.dag_id == dag_id, _it.run_id == run_id, _it.list_digest == digest)
