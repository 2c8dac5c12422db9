"""Makes the report of a submission from the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.report.models import Figures
    from ovh_sms.sending.collect import RunBatches
    from ovh_sms.store.store import Store


class BuildReportOperator(BaseOperator):
    """Write the figures, the page with charts and the table of messages of one submission. Calls nothing at OVH.

    If a run has several batches, each report also writes the page of the run, with the batches collected so far, into
    the run's folder.

    :param collected: output of :class:`~ovh_sms.sensors.collect_outgoing.CollectOutgoingSensor`.
    :param results_conn_id: Airflow connection of the results; a SQLite file if it does not exist.
    :returns: ``tag``, and the paths ``folder``, ``report`` of the page, ``messages`` of the table and ``run_report`` of
        the run's page, which is ``None`` if the run has one batch.
    """

    template_fields: Sequence[str] = ("collected",)
    ui_color = "#e3f4ea"

    def __init__(self, *, collected: dict[str, Any], results_conn_id: str = "ovh_sms_results", **kwargs: Any) -> None:
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
        from ovh_sms.sending.collect import Collected

        collected = Collected.from_xcom(self.collected)
        store = ResultsHook(self.results_conn_id).store
        result = of_submission(store, store.submissions.get(collected.tag))
        title = f"Campaign {collected.campaign}"
        page = write_html([result], collected.folder / "report.html", title=title, made_at=store.clock.now())
        table = collected.folder / "messages.csv"
        write_csv(store, collected.tag, table)
        for name, value in result.to_dict().items():
            if isinstance(value, int | float | str):
                self.log.info("%s=%s", name, value)
        self.log.info("written tag=%s folder=%s report=%s messages=%s", collected.tag, collected.folder, page, table)
        run_report = self._run_report(store, collected.run) if collected.run else None
        if collected.run is None:
            _keep_cost(result)
        return {
            "tag": collected.tag,
            "folder": str(collected.folder),
            "report": str(page),
            "messages": str(table),
            "run_report": str(run_report) if run_report else None,
        }

    def _run_report(self, store: Store, run: RunBatches) -> Path:
        """Write the page of a run, with its batches that are collected so far."""
        from ovh_sms.report.figures import of_run
        from ovh_sms.report.html import write_html

        submissions = store.submissions.of_run(run.dag_id, run.run_id)
        result = of_run(store, submissions)
        missing = ""
        _keep_cost(result)
        if result.is_partial:
            missing = f", {result.batches_collected} of {result.batches} batches"
        page = write_html(
            [result],
            run.folder / "report.html",
            title=f"Campaign {result.campaign}{missing}",
            made_at=store.clock.now(),
        )
        self.log.info("written run_report=%s batches=%d of=%d", page, result.batches_collected, run.of)
        return page


def _keep_cost(result: Figures) -> None:
    """Keep what a whole run cost, which the form that triggers its DAG shows."""
    from ovh_sms.campaign.last_run import LastRun, keep_last_run

    if result.sent_at is not None and result.batches_collected == result.batches:
        run = LastRun(sent_at=result.sent_at, people=result.submitted, credits=result.credits_spent)
        keep_last_run(result.campaign, run)
