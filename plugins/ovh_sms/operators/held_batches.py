"""The part of a task that may hold its batch for a person, as too many people answered STOP to earlier ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.sending.pilot_guard import PilotGuard
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.store.store import Store


#: The task of a campaign that sends each batch.
_SENDS = "send"


def read_pilot(
    context: Context, client: OvhSmsClient, store: Store, guard: PilotGuard, *, task_id: str = _SENDS
) -> None:
    """Count the pilot of a run at OVH, with the STOPs to it, if a batch waits for that.

    :param task_id: of the mapped task that sends the batches.
    """
    from ovh_sms.hooks.task_states import mapped_over
    from ovh_sms.inbound.opt_outs import collect_opt_outs

    def ended(batches: Collection[int]) -> set[int]:
        over = mapped_over(context, task_id)
        return {each for each in batches if each - 1 in over}

    if guard.needs_reading(client):
        collect_opt_outs(client, store)
        guard.read(client, client.time(), ended=ended)


class HoldsBatches:
    """Part of a task that submits a batch."""

    campaign: str
    report: dict[str, Any]
    results_conn_id: str

    if TYPE_CHECKING:
        log: Any
        hook: Any

    def read_opt_outs(self, context: Context, planned: PlannedSubmission, store: Store) -> None:
        """Read the pilot of the run, and the STOPs to its earlier batches, if its batches wait for them.

        Source: GET ``/sms/{serviceName}/blacklists``, and below for those that are new.
        """
        from ovh_sms.inbound.opt_outs import collect_opt_outs
        from ovh_sms.sending.stop_hold import StopHold

        read_pilot(context, self.hook.client, store, planned.pilot(store), task_id=planned.task_id)
        if StopHold.of(planned, store).needs_opt_outs():
            collect_opt_outs(self.hook.client, store)

    def note_hold(self, context: Context) -> None:
        """Report through the campaign's notifiers, once for each run, that its batches wait for a person."""
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.notifications.run_end import RunEndNotifier

        if not self.report.get("notify"):
            return
        ti = context["ti"]
        notifier = RunEndNotifier(self.campaign or ti.dag_id, self.report["notify"], of_task=True)
        try:
            notifier.report(shared_store(self.results_conn_id), ti.dag_id, ti.run_id, context)
        except Exception as error:  # the batch waits on in any case; the next read of the decision tries it again
            self.log.warning("not notified of the hold: %s", type(error).__name__)
