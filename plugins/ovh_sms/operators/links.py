"""Links from a task to the pages of the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from ovh_sms.operators.cancel_run import CancelRunOperator


class RunReportLink(BaseOperatorLink):
    """Opens the report of the task's run."""

    @property
    def name(self) -> str:
        """Text of the link."""
        return "SMS report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Address of the report, relative to that of Airflow."""
        return report_address(ti_key.dag_id, ti_key.run_id)


class CancelledRunReportLink(RunReportLink):
    """Opens the report of the run that the task cancels."""

    def get_link(self, operator: CancelRunOperator, *, ti_key: TaskInstanceKey) -> str:  # type: ignore[override]
        """Address of the report, relative to that of Airflow."""
        return report_address(operator.cancelled_dag_id, operator.cancelled_run_id)


def report_address(dag_id: str, run_id: str) -> str:
    """Address of a run's report, relative to that of Airflow, which may have a path."""
    return "ovh-sms/run?" + urlencode({"dag_id": dag_id, "run_id": run_id})
