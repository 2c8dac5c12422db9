"""Show a broken file where its author looks for it: as a DAG or a task that says what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, BaseOperator

from ovh_sms.errors import CampaignFileError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.yaml_files import BrokenFile


class BrokenFileOperator(BaseOperator):
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
    def stand_in(cls, broken: BrokenFile, prefix: str = "sms_campaign") -> DAG:
        """Stand in for the DAG that the file would have made; it has no schedule and sends nothing.

        :param broken: the file.
        :param prefix: start of the DAG's id.
        :returns: a DAG whose page shows the error.
        """
        with DAG(
            f"{prefix}_{broken.name}",
            description=f"BROKEN: {broken.error}",
            doc_md=f"**This file is broken and nothing is planned from it.**\n\n{broken.error}",
            schedule=None,
            start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - no schedule, no zone needed
            catchup=False,
            tags=["sms", "broken"],
        ) as dag:
            cls(task_id="broken_file", error=str(broken.error))
        return dag
