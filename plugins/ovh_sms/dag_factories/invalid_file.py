"""A file → its DAG or its task, or the error that keeps it from being made: one file hides no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from airflow.sdk import DAG

from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile
from ovh_sms.operators.invalid_file import InvalidFileOperator

Model = TypeVar("Model", bound=NamedFile)


def invalid_file_task(found: InvalidFile) -> InvalidFileOperator:
    """Make the task that fails with the error of an account file.

    Neither a good file nor another task of the DAG may have its id.
    """
    return InvalidFileOperator(task_id=f"invalid-{found.name}", error=str(found.error))


def made_of_file(found: Model | InvalidFile, make: Callable[[Model], DAG]) -> DAG | InvalidFile:
    """Make the DAG of a file.

    :param make: makes the DAG, with ``auto_register=False``: Airflow would keep a half-made one.
    :returns: the DAG; the error if it cannot be made for any reason.
    """
    if isinstance(found, InvalidFile):
        return found
    try:
        return make(found)
    except Exception as error:
        return InvalidFile.because_of(found.name, f"{found.name}.yaml", error)
