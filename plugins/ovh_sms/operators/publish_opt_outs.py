"""Publish who is suppressed, for the programs that keep their own contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.assets import OPT_OUTS, OPT_OUTS_OF_TASK
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context


class PublishOptOutsOperator(BaseOperator):
    """Write the opt-outs and the numbers that failed for good into one Parquet file. Calls nothing at OVH.

    If its rows have changed, the asset ``ovh_sms_opt_outs`` is updated: a DAG that it starts writes them to a CRM. The
    file holds everybody whose number is kept, so that an event that was missed loses nobody.

    :param results_conn_id: Airflow connection of the results.
    :returns: ``path``, ``opt_outs`` and ``failed`` (people), ``is_new``; no number.
    """

    ui_color = "#e3f4ea"

    def __init__(self, *, results_conn_id: str = "ovh_sms_results", **kwargs: Any) -> None:
        kwargs.setdefault("outlets", [OPT_OUTS_OF_TASK])
        kwargs.setdefault("retry_policy", retry_policy())
        super().__init__(**kwargs)
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Write, then announce."""
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.opt_out_file import publish_opt_outs
        from ovh_sms.store.suppressed import FAILED, OPT_OUT
        from ovh_sms.task_context import task_tag

        made = publish_opt_outs(ResultsHook(self.results_conn_id).store, writer=task_tag(context))
        opt_outs, failed = (made.counts.get(each, 0) for each in (OPT_OUT, FAILED))
        event = {"path": str(made.path), "opt_outs": opt_outs, "failed": failed}
        if made.is_new:
            context["outlet_events"][OPT_OUTS_OF_TASK].add(OPT_OUTS, extra=event)
        self.log.info("published opt_outs=%d failed=%d new=%s", opt_outs, failed, made.is_new)
        return {**event, "is_new": made.is_new}
