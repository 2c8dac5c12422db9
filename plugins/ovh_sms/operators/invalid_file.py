"""Show a broken file where its author looks for it: as a DAG or a task that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import DAG, BaseOperator

from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile
from ovh_sms.errors import CampaignFileError

if TYPE_CHECKING:
    from airflow.sdk import Context

Model = TypeVar("Model", bound=NamedFile)


class InvalidFileOperator(BaseOperator):
    """Fail with what is wrong in a file, so that one broken file hides no other.

    :param error: names the file and the field.
    :raises CampaignFileError: always.
    """

    ui_color = "#f8d7da"

    def __init__(self, *, error: str, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "retries": 0})
        self.error = error

    def execute(self, context: Context) -> None:
        """Say what is wrong."""
        raise CampaignFileError(self.error)

    @classmethod
    def plan(cls, found: Model | InvalidFile, make: Callable[[Model], DAG]) -> DAG:
        """Make the DAG of a file, or its stand-in where that fails for whatever reason.

        :param found: the file's content, or the broken file.
        :param make: makes the DAG, with ``auto_register=False``: Airflow would keep a half-made one.
        :returns: the DAG to show.
        """
        if isinstance(found, InvalidFile):
            return cls.stand_in(found)
        try:
            return make(found)
        except Exception as error:
            return cls.stand_in(InvalidFile.because_of(found.name, f"{found.name}.yaml", error))

    @classmethod
    def stand_in(cls, broken: InvalidFile) -> DAG:
        """Stand in for the DAG that the file would have made; it has no schedule and sends nothing.

        :param broken: the file.
        :returns: the DAG ``sms_broken_<name>``, whose page shows the error; no other DAG has such an id.
        """
        with DAG(
            f"sms_broken_{broken.name}",
            description=f"BROKEN: {broken.error}",
            doc_md=f"**This file is broken and nothing is planned from it.**\n\n{broken.error}",
            schedule=None,
            start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - no schedule, no zone needed
            catchup=False,
            tags=["sms", "broken"],
        ) as dag:
            cls(task_id="broken_file", error=str(broken.error))
        return dag
