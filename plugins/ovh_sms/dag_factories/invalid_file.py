"""Shows an invalid file as a DAG of its own, so that its author finds the error and no other file is hidden."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from airflow.sdk import DAG

from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile
from ovh_sms.operators.invalid_file import InvalidFileOperator

Model = TypeVar("Model", bound=NamedFile)


def dag_of_file(found: Model | InvalidFile, make: Callable[[Model], DAG]) -> DAG:
    """Make the DAG of a file, or the DAG that shows its error.

    :param make: makes the DAG, with ``auto_register=False``: Airflow would keep a half-made one.
    :returns: the DAG of the file; :func:`invalid_file_dag` if it cannot be made for any reason.
    """
    if isinstance(found, InvalidFile):
        return invalid_file_dag(found)
    try:
        return make(found)
    except Exception as error:
        return invalid_file_dag(InvalidFile.because_of(found.name, f"{found.name}.yaml", error))


def invalid_file_dag(invalid: InvalidFile) -> DAG:
    """Make the DAG that shows the error of a file; it has no schedule and sends nothing.

    :returns: the DAG ``sms_broken_<name>``; no other DAG has such an id.
    """
    with DAG(
        f"sms_broken_{invalid.name}",
        description=f"INVALID: {invalid.error}",
        doc_md=f"**This file is invalid: no campaign is made from it.**\n\n{invalid.error}",
        schedule=None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - no schedule, no zone needed
        catchup=False,
        tags=["sms", "invalid"],
    ) as dag:
        InvalidFileOperator(task_id="invalid_file", error=str(invalid.error))
    return dag
