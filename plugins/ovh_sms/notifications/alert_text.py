"""One event of Airflow as a short text: DAG, task, state and the run's planned time; never an error or data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ovh_sms.messaging.segments import is_gsm7
from ovh_sms.store.alerts import COUNT

#: Characters of a name in an SMS: with them the longest alert is one segment.
_MOST_NAME, _MOST_LABEL = 40, 64
_RETRY, _SUCCESS = "up_for_retry", "success"


@dataclass(frozen=True, kw_only=True)
class AlertEvent:
    """An event of a DAG, of its task if it is one of a task.

    :param names: what makes it this event; a callback that Airflow repeats has the same ones.
    :param state: ``failed``, or ``late`` for a deadline.
    :param is_quiet: nobody needs to know: the task is tried again, or the run was successful meanwhile.
    """

    dag_id: str
    task_id: str | None
    map_index: int
    planned_at: datetime | None
    state: str
    names: tuple[str | int, ...]
    is_quiet: bool = False

    @property
    def message(self) -> str:
        """The text of the alert, one segment."""
        place = _shown(self.dag_id)
        if self.task_id is not None:
            place += f", task {_shown(self.task_id)}" + (f" {self.map_index}" if self.map_index >= 0 else "")
        planned = f", run of {self.planned_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.planned_at else ""
        return f"Airflow: {place}: {self.state}{planned}"

    @property
    def more(self) -> str:
        """The text of the SMS that counts the alerts above the limit."""
        return f"Airflow: {_shown(self.dag_id)}: and {COUNT} more alerts"

    @property
    def label(self) -> str:
        """The label in the outbox, one for each DAG."""
        label = f"alert {self.dag_id}"
        if len(label) <= _MOST_LABEL:
            return label
        digest = hashlib.sha256(self.dag_id.encode()).hexdigest()[:12]
        return f"{label[: _MOST_LABEL - 13]}-{digest}"


def alert_event(context: Mapping[str, Any]) -> AlertEvent:
    """Read what Airflow hands to a callback: that of a task, of a DAG, or of a deadline."""
    run, ti = context.get("dag_run"), context.get("ti")
    if isinstance(run, Mapping):
        return _of_deadline(run, context.get("deadline") or {})
    if ti is not None and "reason" not in context:  # Airflow gives a reason to callbacks of DAGs alone
        return _of_task(ti, run)
    dag_id, run_id = context["dag"].dag_id, str(context["run_id"])
    return AlertEvent(
        dag_id=dag_id,
        task_id=None,
        map_index=-1,
        planned_at=_planned(run),
        state="failed",
        names=("run", dag_id, run_id, getattr(run, "clear_number", None) or 0),
    )


def _of_task(ti: Any, run: Any) -> AlertEvent:
    given = getattr(ti, "map_index", None)
    map_index = -1 if given is None else int(given)
    state = str(getattr(getattr(ti, "state", None), "value", getattr(ti, "state", None)))
    return AlertEvent(
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        map_index=map_index,
        planned_at=_planned(run),
        state="failed",
        names=("task", ti.dag_id, ti.run_id, ti.task_id, map_index, int(ti.try_number)),
        is_quiet=state in (_RETRY, _SUCCESS),
    )


def _of_deadline(run: Mapping[str, Any], deadline: Mapping[str, Any]) -> AlertEvent:
    dag_id, run_id = str(run["dag_id"]), str(run.get("dag_run_id") or run.get("run_id"))
    planned = run.get("logical_date") or run.get("run_after")
    return AlertEvent(
        dag_id=dag_id,
        task_id=None,
        map_index=-1,
        planned_at=planned if isinstance(planned, datetime) else _moment(planned),
        state="late",
        names=("deadline", dag_id, run_id, str(deadline.get("id", ""))),
        is_quiet=str(run.get("state")) == _SUCCESS,
    )


def _planned(run: Any) -> datetime | None:
    return getattr(run, "logical_date", None) or getattr(run, "run_after", None)


def _moment(written: Any) -> datetime | None:
    return datetime.fromisoformat(written) if isinstance(written, str) else None


def _shown(name: str) -> str:
    """A name in an SMS: a character that would make it two segments is replaced, a long one shortened."""
    plain = "".join(each if is_gsm7(each) else "?" for each in name)
    return plain if len(plain) <= _MOST_NAME else f"{plain[: _MOST_NAME - 2]}.."
