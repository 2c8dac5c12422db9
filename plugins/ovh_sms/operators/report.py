"""Make the report of a sending from the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context


class BuildReportOperator(BaseOperator):
    """Write the figures, the page with charts and the table of messages of one sending. Asks OVH nothing.

    :param collected: output of :class:`~ovh_sms.sensors.outgoing.CollectOutgoingSensor`.
    :param results_conn_id: Airflow connection of the results; a SQLite file where it does not exist.
    :returns: paths of the page and of the table, and the figures.
    """

    template_fields: Sequence[str] = ("collected",)
    ui_color = "#e3f4ea"

    def __init__(
        self, *, collected: dict[str, Any], results_conn_id: str = "ovh_sms_results", **kwargs: Any
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        super().__init__(**kwargs)
        self.collected = collected
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the report."""
        from ovh_sms.hooks.results import ResultsHook
        from ovh_sms.report.csv import write_csv
        from ovh_sms.report.figures import figures
        from ovh_sms.report.html import write_html

        tag, folder = self.collected["tag"], Path(self.collected["folder"])
        store = ResultsHook(self.results_conn_id).store
        result = figures(store, tag)
        page = write_html([result], folder / "report.html", title=f"Campaign {self.collected['campaign']}")
        table = folder / "messages.csv"
        write_csv(store, tag, table)
        for name, value in result.to_dict().items():
            if isinstance(value, int | float | str):
                self.log.info("%s: %s", name, value)
        self.log.info("Report: %s", page)
        return {"tag": tag, "report": str(page), "messages": str(table)}
