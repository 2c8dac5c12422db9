"""Announce collected replies by one event, which starts the DAGs that wait for them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.assets import REPLIES, REPLIES_OF_TASK

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.inbound_announcements import AnnouncingTask
    from ovh_sms.store.inbound_records import ReplyCounts
    from ovh_sms.store.store import Store


class AnnounceRepliesOperator(BaseOperator):
    """Update the asset ``ovh_sms_replies`` by one event about all replies that were not announced yet.

    Each reply of any account is in the event of one task. A task that failed, or whose run is gone, has
    announced nothing: the next one announces its replies. Without replies there is no event. Airflow gives a run only
    the first of the events that come before it has made that run, and the others to the next event's. So all runs are
    in one event, and two events may be kept apart.

    :param apart: if another task has announced replies less than so long ago, new ones are left to the next task.
    :param results_conn_id: Airflow connection of the results.
    :returns: in ``runs`` what is in the event: ``account``, ``campaign``, ``dag_id``, ``run_id``, ``replies``,
        ``by_keyword``, ``by_action`` and ``events``, the path of the file with the receivers' keys. No number and no
        text.
    """

    ui_color = "#e3f4ea"

    def __init__(
        self, *, apart: timedelta = timedelta(0), results_conn_id: str = "ovh_sms_results", **kwargs: Any
    ) -> None:
        kwargs.setdefault("outlets", [REPLIES_OF_TASK])
        super().__init__(**kwargs)
        self.apart = apart
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Take the replies, write the files, announce."""
        from ovh_sms.hooks.store import ResultsHook

        store, own = ResultsHook(self.results_conn_id).store, _own_task(context)
        is_soon = store.inbound_announcements.is_soon_after(own, self.apart)
        if is_soon:
            self.log.info("replies were announced less than %s ago: new ones are left to the next task", self.apart)
        else:
            for other in store.inbound_announcements.tasks():
                if other != own:
                    _settle(store, other, context)
        counts = store.inbound_announcements.claim(own, only_own=is_soon)
        event: dict[str, Any] = {"runs": [self._run(store, each, own) for each in counts]}
        if event["runs"]:
            context["outlet_events"][REPLIES_OF_TASK].add(REPLIES, extra=event)
        return event

    def _run(self, store: Store, counts: ReplyCounts, own: AnnouncingTask) -> dict[str, Any]:
        from ovh_sms.inbound.event_files import write_events

        path = write_events(store, counts, own.digest)
        self.log.info("replies campaign=%s run=%s: %s", counts.campaign, counts.run_id, counts.by_action)
        return asdict(counts) | {"events": None if path is None else str(path)}


def _own_task(context: Context) -> AnnouncingTask:
    from ovh_sms.store.inbound_announcements import AnnouncingTask

    ti: Any = context["ti"]
    return AnnouncingTask(dag_id=ti.dag_id, run_id=ti.run_id, task_id=ti.task_id, map_index=ti.map_index)


def _settle(store: Store, other: AnnouncingTask, context: Context) -> None:
    """Ask Airflow whether another task has announced its replies: the event is made once the task succeeds."""
    from ovh_sms.hooks.task_states import can_go_on, has_succeeded

    task = asdict(other)
    if has_succeeded(context, **task):
        store.inbound_announcements.announced(other)
    elif not can_go_on(context, **task):
        store.inbound_announcements.release(other)
