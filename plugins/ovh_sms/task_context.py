"""The run of a task as its Airflow context describes it: tag, schedule and configuration."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.tag import submission_tag

if TYPE_CHECKING:
    from airflow.sdk import Context


def task_tag(context: Context, *, task_id: str | None = None) -> str:
    """Name a task instance: the same for every try, different for every other.

    :param context: the task's context.
    :param task_id: another task of the same run; by default the task itself.
    :returns: at most 20 ASCII characters.
    """
    ti = context["ti"]
    map_index = -1 if ti.map_index is None else ti.map_index
    return submission_tag(ti.dag_id, ti.run_id, task_id or ti.task_id, map_index)


def run_type(context: Context) -> str:
    """Return how the run was started: ``scheduled``, ``manual``, ``backfill``, ``asset_triggered`` …"""
    kind = getattr(context.get("dag_run"), "run_type", "manual")
    return str(getattr(kind, "value", kind))


def planned_at(context: Context) -> datetime | None:
    """Return when the schedule planned the run, aware; ``None`` for a run started by hand."""
    dag_run = context.get("dag_run")
    if dag_run is None or run_type(context) == "manual":
        return None
    return dag_run.logical_date


def run_after(context: Context) -> datetime | None:
    """Return the moment before which Airflow has not started the run, aware; it stays if the run is cleared."""
    return getattr(context.get("dag_run"), "run_after", None)


def is_set(context: Context, name: str) -> bool:
    """Return whether the run's configuration sets a switch, as ``{"force": true}``.

    :param name: the switch; ``true`` and ``"true"`` set it, ``false`` and ``"false"`` do not.
    :raises ConfigurationError: it has any other value.
    """
    conf = getattr(context.get("dag_run"), "conf", None) or {}
    value = conf.get(name, False)
    for known in (True, False):
        if value is known or value == str(known).lower():
            return known
    raise ConfigurationError(
        f"The run's configuration sets {name!r} to {str(value)[:50]!r}, which is neither true nor false.",
        action=f'Nothing was sent. Start a run with {{"{name}": true}}, or leave {name!r} out.',
    )


#: A person whom Airflow does not name.
A_PERSON = "a person"


def started_by(context: Context) -> str:
    """Return who started the run, as Airflow names the user; ``a person`` if it does not."""
    return str(getattr(context.get("dag_run"), "triggering_user_name", None) or A_PERSON)


def is_last_try(context: Context) -> bool:
    """Return whether Airflow will not try the task again."""
    return bool(context["ti"].try_number > context["ti"].max_tries)
