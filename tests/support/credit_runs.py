"""Runs of the DAGs of credits, made by Airflow itself in one process; used in a process of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


def run(
    bag: Any,
    dag_id: str = "sms_credits_topup",
    *,
    leave_wait: bool = True,
    by_hand: str = "",
    conf: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Run a DAG once.

    :param leave_wait: leave the wait for the credits out, as if it were still going on: else the run ends with it.
    :param by_hand: pattern of tasks that a person marks as successful.
    :param conf: the configuration with which it is started.
    :returns: the state of the run and of each task.
    """
    from airflow.utils.session import create_session

    for task in bag.dags[dag_id].tasks:
        if task.task_id.endswith(".wait"):
            task.poke_interval = 1  # its first reading may come before a person has paid
    marked = [each for each in (by_hand, r".*\.wait" if leave_wait else "") if each]
    done = bag.dags[dag_id].test(run_conf=conf, mark_success_pattern="|".join(marked) or None)
    with create_session() as session:
        done = session.merge(done)
        tasks = {
            each.task_id + (f"[{each.map_index}]" if each.map_index >= 0 else ""): str(each.state)
            for each in done.get_task_instances(session=session)
        }
    return {"state": str(done.state), "run_id": done.run_id, "tasks": tasks}


def xcom(run_id: str, task_id: str, dag_id: str = "sms_credits_topup", map_index: int = -1) -> Any:
    """The result of a task."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.scalars(
            XComModel.get_many(
                run_id=run_id, dag_ids=dag_id, task_ids=task_id, map_indexes=map_index, key="return_value"
            )
        ).first()
        return None if found is None else XComModel.deserialize_value(found)


def asset_events(name: str) -> list[dict[str, Any]]:
    """The extras of an asset's updates, the first one first."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
    with create_session() as session:
        return list(session.scalars(query.where(AssetModel.name == name).order_by(AssetEvent.id)))


def meanwhile(check: Callable[[], Any], act: Callable[[Any], object]) -> threading.Thread:
    """Do something once a check finds it, while a run goes on."""

    def watch() -> None:
        end = time.monotonic() + 120
        while not (found := check()):
            if time.monotonic() > end:
                return
            time.sleep(0.2)
        act(found)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread
