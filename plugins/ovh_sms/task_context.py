"""What kind of run a task is part of, and what the person who started it has told it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

#: A scheduled run may begin a little earlier within its day than yesterday's did.
EARLY = timedelta(hours=1)


def kind_of_run(context: Context) -> str:
    """Tell how the run was started.

    :param context: the task's context.
    :returns: ``scheduled``, ``manual``, ``backfill``, ``asset_triggered`` …; ``manual`` where Airflow does not tell.
    """
    dag_run = context.get("dag_run")
    kind = getattr(dag_run, "run_type", "manual")
    return str(getattr(kind, "value", kind))


def planned_for(context: Context) -> datetime | None:
    """Tell when the schedule wanted the run.

    :param context: the task's context.
    :returns: the moment, aware; ``None`` for a run started by hand.
    """
    dag_run = context.get("dag_run")
    if dag_run is None or kind_of_run(context) == "manual":
        return None
    return dag_run.logical_date


def told(context: Context, word: str) -> bool:
    """Tell whether the run's configuration says something, as ``{"force": true}``.

    :param context: the task's context.
    :param word: ``force`` or ``backfill``.
    """
    conf = getattr(context.get("dag_run"), "conf", None) or {}
    return conf.get(word) is True
