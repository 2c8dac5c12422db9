"""Asks Airflow whether a task of another run can still go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

#: States of a task that go on only if somebody clears it.
_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
#: Those of them in which no run and no page shows a failure that somebody will clear.
_OVER = _ENDED - {"failed", "upstream_failed"}
_UNDER_WAY = frozenset({"queued", "running"})


def can_go_on(context: Context, *, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> bool:
    """Return whether a task waits, works, or comes later in a run that has not ended.

    A run that was deleted has no tasks. Airflow answers a task of any DAG; if it cannot, the calling task fails.

    :param context: of the task that asks.
    :param map_index: of the task; one that is not mapped counts, too.
    """
    found = _states(context, dag_id, run_id, task_id, map_index)
    if all(each in _ENDED for each in found):
        return False
    ti: Any = context["ti"]
    return ti.get_dagrun_state(dag_id=dag_id, run_id=run_id) in _UNDER_WAY


def has_succeeded(context: Context, *, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> bool:
    """Return whether a task has succeeded; the parameters are those of :func:`can_go_on`."""
    return "success" in _states(context, dag_id, run_id, task_id, map_index)


def mapped_over(context: Context, task_id: str) -> set[int]:
    """Return the places of a mapped task of the same run that have ended without a failure; 0 if it is not mapped."""
    ti: Any = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[task_id]).get(ti.run_id, {})
    over = [name for name, state in states.items() if state in _OVER]
    return {0 if name == task_id else int(name.rpartition("_")[2]) for name in over}


def _states(context: Context, dag_id: str, run_id: str, task_id: str, map_index: int) -> list[str | None]:
    """The state of a task; none if it is gone."""
    ti: Any = context["ti"]
    states = ti.get_task_states(dag_id=dag_id, run_ids=[run_id], task_ids=[task_id]).get(run_id, {})
    return [states[each] for each in (task_id, f"{task_id}_{map_index}") if each in states]
