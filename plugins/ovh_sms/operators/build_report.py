"""Make the report of a sending from the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.store import Store


class BuildReportOperator(BaseOperator):
    """Write the figures, the page with charts and the table of messages of one sending. Asks OVH nothing.

    Where a campaign is sent in several sendings, each also writes the page of the whole campaign, as far as it is
    collected, into the run's folder.

    :param collected: output of :class:`~ovh_sms.sensors.collect_outgoing.CollectOutgoingSensor`.
    :param results_conn_id: Airflow connection of the results; a SQLite file where it does not exist.
    :returns: paths of the page and of the table; ``whole``, the page of the whole campaign, or ``None`` where it is
        the same.
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
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.report.csv import write_csv
        from ovh_sms.report.figures import of_submission
        from ovh_sms.report.html import write_html

        tag, folder = self.collected["tag"], Path(self.collected["folder"])
        store = ResultsHook(self.results_conn_id).store
        result = of_submission(store, store.submissions.get(tag))
        page = write_html(
            [result],
            folder / "report.html",
            title=f"Campaign {self.collected['campaign']}",
            made_at=store.clock.now(),
        )
        table = folder / "messages.csv"
        write_csv(store, tag, table)
        for name, value in result.to_dict().items():
            if isinstance(value, int | float | str):
                self.log.info("%s: %s", name, value)
        self.log.info("Report: %s", page)
        whole = self._whole(store)
        return {
            "tag": tag,
            "report": str(page),
            "messages": str(table),
            "whole": str(whole) if whole else None,
        }

    def _whole(self, store: Store) -> Path | None:
        """Write the page of the whole campaign, of the pieces that are collected so far."""
        from ovh_sms.report.figures import of_run
        from ovh_sms.report.html import write_html

        about = self.collected.get("whole")
        if about is None:
            return None
        found = store.submissions.of_run(about["dag_id"], about["run_id"])
        whole = of_run(store, found)
        missing = ""
        if whole.is_partial:
            missing = f", {whole.batches_collected} of {whole.batches} batches"
        title = f"Campaign {whole.campaign}{missing}"
        page = write_html(
            [whole], Path(about["folder"]) / "report.html", title=title, made_at=store.clock.now()
        )
        self.log.info("Report of the whole campaign%s: %s", missing, page)
        return page
