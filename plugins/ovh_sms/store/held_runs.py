"""Runs whose batches wait for a person, as too many people answered STOP or a pilot failed; and the decision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, tuple_, update

from ovh_sms.errors import ConfigurationError, RunHeld
from ovh_sms.store.repository import Repository
from ovh_sms.store.stop_rate import StopRate
from ovh_sms.store.suppression_tables import held_runs as _table
from ovh_sms.store.upsert import insert_missing

if TYPE_CHECKING:
    from ovh_sms.store.pilots import Pilot

#: Decisions: the batches are sent, or they are not.
SEND, DROP = "send", "drop"
_AT_ONCE = 500
_it = _table.c
_OWN = ("held_at", "threshold", "pilot_sent", "min_delivered", "decision", "decided_by", "decided_at")


@dataclass(frozen=True, kw_only=True)
class HeldRun:
    """A run that is held, or was.

    :param rate: STOPs and reached messages when it was held; ``threshold``: the campaign's limit.
    :param decision: ``send`` or ``drop``; ``None`` until a person decides.
    :param pilot_sent: messages of its pilot, if that did not pass; ``None``: the STOPs alone hold it.
    :param min_delivered: percent of them that had to be delivered.
    """

    held_at: datetime
    rate: StopRate
    threshold: float
    pilot_sent: int | None = None
    min_delivered: float | None = None
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


class HeldRuns(Repository):
    """Held DAG runs."""

    def hold(self, dag_id: str, run_id: str, rate: StopRate, threshold: float) -> HeldRun:
        """Hold a run; one that is held already, or was decided about, stays as it is.

        :returns: the run as it stands.
        """
        with self.database.writing(durable=True) as connection:
            hold_run(connection, (dag_id, run_id), self.clock.now(), rate, threshold)
            return held_runs(connection, [(dag_id, run_id)])[dag_id, run_id]

    def of(self, dag_id: str, run_id: str) -> HeldRun | None:
        """Read a run that is held, or was; ``None`` if it never was."""
        with self.database.reading() as connection:
            return held_runs(connection, [(dag_id, run_id)]).get((dag_id, run_id))

    def decide(self, dag_id: str, run_id: str, decision: str, *, by: str) -> HeldRun:
        """Record what a person decided; the last decision counts for the batches that are not sent yet.

        :param decision: ``send`` or ``drop``.
        :raises ConfigurationError: the run is not held.
        """
        values = {"decision": decision, "decided_by": by, "decided_at": self.clock.now()}
        here = _it.dag_id == dag_id, _it.run_id == run_id
        with self.database.writing(durable=True) as connection:
            if not connection.execute(update(_table).where(*here).values(values)).rowcount:
                raise ConfigurationError(
                    f"Run {run_id} of {dag_id} is not held.",
                    action="Nothing was recorded. 'ovh-sms status' shows the runs that are.",
                )
            return held_runs(connection, [(dag_id, run_id)])[dag_id, run_id]


def hold_run(
    connection: Connection,
    run: tuple[str, str],
    at: datetime,
    rate: StopRate,
    threshold: float,
    *,
    pilot: Pilot | None = None,
) -> None:
    """Hold a run, within a transaction; one that is held already, or was decided about, stays as it is.

    :param pilot: that did not pass; ``None``: STOPs alone hold it.
    """
    counts = {"opt_outs": rate.opt_outs, "reached": rate.reached, "threshold": threshold}
    if pilot is not None and pilot.counts is not None:
        counts |= {"pilot_sent": pilot.counts.sent, "min_delivered": pilot.limits.min_delivered}
    insert_missing(connection, _table, {"dag_id": run[0], "run_id": run[1], "held_at": at, **counts})


def refuse_held(connection: Connection, dag_id: str, run_id: str) -> None:
    """Refuse a batch of a run that is held, within the transaction that claims it.

    :raises RunHeld: it is, or a person decided that its batches are not sent.
    """
    held = held_runs(connection, [(dag_id, run_id)]).get((dag_id, run_id))
    if held is not None and held.decision != SEND:
        raise RunHeld(
            f"Run {run_id} of {dag_id} is held for a person: its pilot did not pass, or too many people answered STOP.",
            action="Nothing was sent. Decide with 'ovh-sms held'.",
        )


def held_runs(connection: Connection, runs: Collection[tuple[str, str]]) -> dict[tuple[str, str], HeldRun]:
    """Read those of some runs that are held, or were."""
    found: dict[tuple[str, str], HeldRun] = {}
    wanted = list(runs)
    for start in range(0, len(wanted), _AT_ONCE):
        some = tuple_(_it.dag_id, _it.run_id).in_(wanted[start : start + _AT_ONCE])
        for row in connection.execute(select(_table).where(some)).mappings():
            found[row["dag_id"], row["run_id"]] = HeldRun(
                rate=StopRate(row["opt_outs"], row["reached"]), **{name: row[name] for name in _OWN}
            )
    return found
