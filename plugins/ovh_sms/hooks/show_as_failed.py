"""Airflow's own record of a run: one that was cancelled is red there too."""

from __future__ import annotations


def show_as_failed(dag_id: str, run_id: str, *, note: str) -> bool:
    """Mark a run failed in Airflow if it ended in success, although its messages were withdrawn afterwards.

    A run that is still under way is left to its own tasks: they refuse to send anything more, and it ends failed. For
    processes that may write Airflow's database: a scheduler, an API server, a command.

    :param note: what to say beside the run, unless it has a note.
    :returns: whether the run is failed now.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    with create_session() as session:
        for run in DagRun.find(dag_id=dag_id, run_id=run_id, session=session):
            if run.state == DagRunState.SUCCESS:
                run.state = DagRunState.FAILED
                run.note = run.note or note
            return bool(run.state == DagRunState.FAILED)
    return False
