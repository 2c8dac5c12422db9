"""Makes the report of a submission from the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.hooks.lineage import ReportsLineage, report_file, results
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.hooks.lineage import LineageDataset
    from ovh_sms.report.models import Figures
    from ovh_sms.sending.collect import RunBatches
    from ovh_sms.store.store import Store


class BuildReportOperator(ReportsLineage, BaseOperator):
    """Write the figures, the page with charts and the table of messages of one submission. Calls nothing at OVH.

    If a run has several batches, each report also writes the page of the run, with the batches collected so far, into
    the run's folder. Once every batch is collected, the campaign's notifiers report the run, once; and once if its
    STOPs cross the campaign's threshold.

    :param collected: output of :class:`~ovh_sms.sensors.collect_outgoing.CollectOutgoingSensor`.
    :param results_conn_id: Airflow connection of the results; a SQLite file if it does not exist.
    :returns: ``tag``, and the paths ``folder``, ``report`` of the page, ``figures`` of the same as JSON, ``messages``
        and ``parquet`` of the messages, ``failed`` of those that failed, which are ``None`` if the messages were
        purged, and ``run_report`` of the run's page, which is ``None`` if the run has one batch.
    :raises ConfigurationError: a notifier of the campaign cannot be used; the report is written.
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
        from ovh_sms.report.csv import write_tables
        from ovh_sms.report.figures import of_submission, with_history
        from ovh_sms.report.files import FAILED, MESSAGES, MESSAGES_PARQUET
        from ovh_sms.sending.collect import Collected

        collected = Collected.from_xcom(self.collected)
        store, folder = ResultsHook(self.results_conn_id).store, collected.folder
        record = store.submissions.get(collected.tag)
        if record.purged_at is None:
            write_tables(store, collected.tag, folder)
        else:
            self.log.info("no tables of messages: they were purged on %s", record.purged_at.date())
        result = of_submission(store, record)
        if not collected.run:  # a batch alone is not compared with whole runs
            result = with_history(store, result)
        page, figures = self._write(result, folder, [folder], f"Campaign {collected.campaign}", store)
        for name, value in result.to_dict().items():
            if isinstance(value, int | float | str):
                self.log.info("%s=%s", name, value)
        self.log.info("written tag=%s folder=%s report=%s figures=%s", collected.tag, folder, page, figures)
        if collected.run is None:
            _keep_cost(result)
        run_report, whole = self._run_report(store, collected.run) if collected.run else (None, result)
        self._notify(store, whole, context)
        names = (MESSAGES, FAILED, MESSAGES_PARQUET) if record.purged_at is None else ()
        tables = {name: str(folder / name) for name in names}
        return self.made(
            {
                "tag": collected.tag,
                "folder": str(collected.folder),
                "report": str(page),
                "figures": str(figures),
                "messages": tables.get(MESSAGES),
                "failed": tables.get(FAILED),
                "parquet": tables.get(MESSAGES_PARQUET),
                "run_report": str(run_report) if run_report else None,
            }
        )

    def lineage_inputs(self, _: dict[str, Any] | None) -> list[LineageDataset]:
        """The results."""
        return [results(self.collected["campaign"], rows=self.collected["messages"])]

    def lineage_outputs(self, result: dict[str, Any]) -> list[LineageDataset]:
        """The page, and the messages as Parquet unless they were purged."""
        return [report_file(result[name]) for name in ("report", "parquet") if result[name] is not None]

    def _write(
        self, figures: Figures, folder: Path, folders: Sequence[Path], title: str, store: Store
    ) -> tuple[Path, Path]:
        """Write the page and the JSON of figures, with the names of the files in some folders."""
        from ovh_sms.report.files import FIGURES_JSON, files_in
        from ovh_sms.report.html import write_html, write_json

        data = write_json(figures, folder / FIGURES_JSON)  # so that it is listed
        shown = replace(figures, files=files_in(folders))
        write_json(shown, data)
        return write_html([shown], folder / "report.html", title=title, made_at=store.clock.now()), data

    def _notify(self, store: Store, figures: Figures, context: Context) -> None:
        """Report the figures through the campaign's notifiers, once."""
        from ovh_sms.notifications.notify import notify
        from ovh_sms.sending.known_submission import find_submission

        sent = find_submission(store, self.collected["tag"])
        if sent and sent.collect.notify:
            notify(sent.collect.notify, figures, store=store, context=context, log=self.log)

    def _run_report(self, store: Store, run: RunBatches) -> tuple[Path, Figures]:
        """Write the page of a run, with its batches that are collected so far."""
        from ovh_sms.report.figures import of_run, with_history

        submissions = store.submissions.of_run(run.dag_id, run.run_id)
        result = with_history(store, of_run(store, submissions))
        missing = ""
        _keep_cost(result)
        if result.is_partial:
            missing = f", {result.batches_collected} of {result.batches} batches"
        folders = [run.folder, *sorted(run.folder.glob("batch_*"))]
        page, _ = self._write(result, run.folder, folders, f"Campaign {result.campaign}{missing}", store)
        self.log.info("written run_report=%s batches=%d of=%d", page, result.batches_collected, run.of)
        return page, result


def _keep_cost(result: Figures) -> None:
    """Keep what a whole run cost, which the form that triggers its DAG shows."""
    from ovh_sms.campaign.last_run import LastRun, keep_last_run

    is_whole_list = result.resend_of is None
    if is_whole_list and result.sent_at is not None and result.batches_collected == result.batches:
        run = LastRun(sent_at=result.sent_at, people=result.submitted, credits=result.credits_spent)
        keep_last_run(result.campaign, run)
