"""The tasks of Airflow that send: OVH's tag of each is made from its DAG, run, task and place, and names them again."""

from __future__ import annotations

from typing import NamedTuple

from ovh_sms.messaging.tag import submission_tag

#: Class of the operator whose tasks send.
_OPERATOR = "SendJobOperator"
_AT_ONCE = 1000


class SentTask(NamedTuple):
    """A task that sends, or has sent.

    :param list_tag: names the list of its run.
    :param batch: its place among the run's batches, from 1.
    """

    dag_id: str
    run_id: str
    list_tag: str
    batch: int


def sent_tasks() -> dict[str, SentTask]:
    """Read the tasks that Airflow knows, by the tag that each has at OVH.

    For processes that may read Airflow's database: a command. Runs that were deleted there are not known.
    """
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    found = {}
    with create_session() as session:
        query = session.query(
            TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, TaskInstance.map_index
        ).filter(TaskInstance.operator == _OPERATOR)
        for dag_id, run_id, task_id, map_index in query.yield_per(_AT_ONCE):
            named = SentTask(dag_id, run_id, submission_tag(dag_id, run_id, task_id), max(map_index, 0) + 1)
            found[submission_tag(dag_id, run_id, task_id, map_index)] = named
    return found
