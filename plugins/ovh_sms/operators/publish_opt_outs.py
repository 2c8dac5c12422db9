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

    If its rows have changed, the asset ``ovh_sms_opt_outs`` is updated: a DAG that it starts writes them to a CRM. A
    task that failed after it had written the file has announced nothing: the next one announces it. The file holds
    everybody whose number is kept, so that an event that was missed loses nobody.

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
        from ovh_sms.sending.opt_out_file import last_writer, publish_opt_outs
        from ovh_sms.store.suppressed import FAILED, OPT_OUT

        own, before = _named(context), last_writer()
        again = before is not None and before != own and _has_failed(context, before)
        made = publish_opt_outs(ResultsHook(self.results_conn_id).store, writer=own, again=again)
        opt_outs, failed = (made.counts.get(each, 0) for each in (OPT_OUT, FAILED))
        event: dict[str, Any] = {"path": str(made.path), "opt_outs": opt_outs, "failed": failed}
        if made.is_new:
            context["outlet_events"][OPT_OUTS_OF_TASK].add(OPT_OUTS, extra=event)
        self.log.info("published opt_outs=%d failed=%d new=%s", opt_outs, failed, made.is_new)
        return {**event, "is_new": made.is_new}


def _named(context: Context) -> dict[str, Any]:
    """Name the task, in the same way in each of its tries."""
    ti: Any = context["ti"]
    return {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": ti.task_id, "map_index": ti.map_index}


def _has_failed(context: Context, task: dict[str, Any]) -> bool:
    """Ask Airflow whether another task has not announced its file, and never will."""
    from ovh_sms.hooks.task_states import can_go_on, has_succeeded

    return not has_succeeded(context, **task) and not can_go_on(context, **task)
