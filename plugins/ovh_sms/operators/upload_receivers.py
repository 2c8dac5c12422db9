"""Uploads the receivers of a batch to OVH."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.clock import SystemClock
from ovh_sms.errors import NoFreeSlot, OutcomeUnknown, OvhSmsError, RunCancelled
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.operators.held_batches import HoldsBatches, read_pilot
from ovh_sms.operators.hours import schedule_of
from ovh_sms.operators.links import RunReportLink
from ovh_sms.operators.run_recording import RecordsRun, batch_place, keeps_problem
from ovh_sms.task_context import is_last_try, task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.store import Store


class UploadReceiversOperator(RecordsRun, HoldsBatches, OvhSmsOperator):
    """Load a batch into one of the account's nine receivers slots.

    Use it as a set-up task whose tear-down is
    :class:`~ovh_sms.operators.free_receivers_slot.FreeReceiversSlotOperator`. A retry finds the slot of an earlier
    try, even of a killed one, by its description; of two it keeps the lower. While all nine slots are in use it
    waits for one without a worker slot. It waits, too, while its run is held for a person, and is skipped if they
    decide that nothing more is sent. A try that is killed frees nothing: the next try, or the tear-down, does.

    Source: POST ``/me/document``, PUT to its address, GET, POST and DELETE ``/sms/{serviceName}/receivers``.

    :param prepared: an item of ``SplitIntoBatchesOperator``, or the output of ``PrepareContactsOperator`` if its list
        has one batch; or
    :param csv_url: a public address from which OVH fetches the list, in OVH's form.
    :param records: rows at ``csv_url``, if they were counted; checked against the rows that OVH read.
    :param wait_for_slot: how long to wait for a free slot; 0: not at all.
    :param poll_interval: time between two reads while waiting for a free slot.
    :param hours: when messages may leave, see :func:`~ovh_sms.operators.hours.schedule_of`; the list is uploaded then.
    :param marketing: whether the messages are advertising, which has hours of its own.
    :param held: whether OVH holds advertising, as it does if the messages have a sender.
    :param campaign: name of the campaign; with ``notify`` in ``report``, its notifiers report that the run is held.
    :param report: as of :class:`~ovh_sms.operators.send_job.SendJobOperator`.
    :param approval: a person must approve the run's list before; also if it is not given and the list was prepared so.
    :param results_conn_id: Airflow connection of the results, which show how far the batch is.
    :returns: ``slot``, ``description``, ``records`` and ``digest``.
    :raises NoFreeSlot: all nine slots stay in use; tried again later.
    :raises CampaignNotApproved: a person has not approved the list. Nothing was uploaded.
    :raises OutsideHours: the batch may leave at no hour, or may not wait for one.
    :raises ReceiversMismatch: the file changed since it was prepared, or OVH read another number of rows.
    """

    operator_extra_links = (RunReportLink(),)
    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared", "csv_url")

    def __init__(
        self,
        *,
        prepared: dict[str, Any] | None = None,
        csv_url: str | None = None,
        records: int | None = None,
        wait_for_slot: timedelta = timedelta(hours=12),
        poll_interval: timedelta = timedelta(seconds=30),
        hours: Mapping[str, Any] | None = None,
        marketing: bool = True,
        held: bool = True,
        approval: bool = False,
        campaign: str = "",
        report: dict[str, Any] | None = None,
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared
        self.csv_url = csv_url
        self.records = records
        self.wait_for_slot = wait_for_slot
        self.poll_interval = poll_interval
        self.hours = hours
        self.marketing = marketing
        self.held = held
        self.approval = approval
        self.campaign = campaign
        self.report = report or {}
        self.results_conn_id = results_conn_id

    @keeps_problem
    def execute(self, context: Context) -> dict[str, Any]:
        """Upload the list, or wait until its hours begin and OVH has room for it."""
        self._send_as_published(context)
        return self.within_hours(context, self._execute)

    def _execute(self, context: Context) -> dict[str, Any]:
        self._refuse_unapproved(context)
        self._wait_if_held(context)
        if self.hours is not None and self.prepared is not None:
            with self.waiting_for_ovh():
                self._wait_for_turn(context, self.hook.client.time())
        return self._upload_or_wait(context, SystemClock().now() + self.wait_for_slot)

    def _send_as_published(self, context: Context) -> None:
        """Upload to the slots of the user that the list was prepared for; the claim of the batch makes sure of it."""
        from ovh_sms.contacts.prepared_list import Batch
        from ovh_sms.hooks.store import shared_store

        if self.prepared is None:
            return
        ti, digest = context["ti"], Batch.from_xcom(self.prepared).run_digest
        try:
            published = shared_store(self.results_conn_id).published_lists.get(ti.dag_id, ti.run_id, digest)
        except OvhSmsError as error:
            self.log.warning("not known for which user the list was prepared: %s", type(error).__name__)
            return
        self.send_as(published.content.get("user", self.user) if published else self.user)

    def _refuse_unapproved(self, context: Context) -> None:
        """Upload nothing that a person must approve and has not; the claim of the batch makes sure of it again."""
        from ovh_sms.contacts.prepared_list import Batch
        from ovh_sms.errors import CampaignNotApproved
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.store.campaign_approvals import check_can_be_approved

        check_can_be_approved(self.prepared, approval=self.approval)
        if self.prepared is None:
            return
        ti, digest = context["ti"], Batch.from_xcom(self.prepared).run_digest
        try:
            approvals = shared_store(self.results_conn_id).campaign_approvals
            approvals.refuse_unapproved(ti.dag_id, ti.run_id, digest, is_required=self.approval)
        except OvhSmsError as error:
            if self.approval or isinstance(error, CampaignNotApproved):
                raise
            self.log.warning("not known whether the run needs an approval: %s", type(error).__name__)

    def _wait_if_held(self, context: Context) -> None:
        """Have the batch of a held run wait; the task that submits it makes sure of it in any case."""
        from airflow.sdk.exceptions import AirflowSkipException

        from ovh_sms.hooks.store import shared_store
        from ovh_sms.sending.stop_hold import BatchDropped, check_not_held

        ti = context["ti"]
        try:
            check_not_held(shared_store(self.results_conn_id), ti.dag_id, ti.run_id)
        except BatchDropped as dropped:
            raise AirflowSkipException(str(dropped)) from None
        except RunCancelled:
            raise
        except OvhSmsError as error:
            self.log.warning("not known whether the run is held: %s", type(error).__name__)

    def execute_complete(self, context: Context, event: dict[str, Any], ends_at: str) -> dict[str, Any]:
        """Upload, once the trigger reports a free slot; another task may have taken it meanwhile."""
        from ovh_sms.triggers.events import raise_error

        raise_error(event)
        self._send_as_published(context)
        self.log.info("resumed status=%s: %s", event["status"], event["message"])
        self._refuse_unapproved(context)
        return self._upload_or_wait(context, datetime.fromisoformat(ends_at))

    def _wait_for_turn(self, context: Context, now: datetime) -> None:
        """Have the batch wait for the pilot of its run, for its turn if that has a pace, and for its hours."""
        from ovh_sms.contacts.prepared_list import Batch
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.sending.paced_departure import PacedDeparture
        from ovh_sms.sending.pilot_guard import PilotGuard

        ti, schedule = context["ti"], self._schedule(context)
        if schedule.pace is None and (self.hours or {}).get("ovh_holds", True):  # no pace and no pilot
            schedule.wait_for_hours(now)
            return
        store = shared_store(self.results_conn_id)
        given: dict[str, Any] = {
            "store": store,
            "dag_id": ti.dag_id,
            "run_id": ti.run_id,
            "account": self.hook.account,
            "batch": Batch.from_xcom(self.prepared or {}),
            "schedule": replace(schedule, upload=timedelta(0)),
        }
        pilot = PilotGuard(**given)
        read_pilot(context, self.hook.client, store, pilot)
        self._wait_if_held(context)
        pilot.check(now)
        PacedDeparture(**given).check(now, is_upload=True)
        schedule.wait_for_hours(now)

    def _schedule(self, context: Context) -> Schedule:
        from ovh_sms.contacts.prepared_list import Batch
        from ovh_sms.messaging.departure_hours import UPLOAD_TIME

        batch = Batch.from_xcom(self.prepared or {})
        schedule = schedule_of(context, self.hours, marketing=self.marketing, held=self.held, batch=batch)
        return replace(schedule, upload=UPLOAD_TIME)

    def _upload_or_wait(self, context: Context, ends: datetime) -> dict[str, Any]:
        try:
            with self.waiting_for_ovh():
                return self._upload(context)
        except NoFreeSlot as full:
            left = ends - SystemClock().now()
            if left <= timedelta(0):
                raise
            self.log.info("waiting until=%s: %s", ends, full.what)
        self._wait(ends, left)
        raise AssertionError("defer() does not return")

    def _upload(self, context: Context) -> dict[str, Any]:
        from ovh_sms.contacts.prepared_list import Batch
        from ovh_sms.sending.receivers_upload import ReceiversUpload, receivers_source

        batch = None if self.prepared is None else Batch.from_xcom(self.prepared)
        source = receivers_source(batch, self.csv_url, records=self.records)
        upload = ReceiversUpload(self.hook.client, source, tag=task_tag(context))
        try:
            uploaded = replace(upload.run(), user=self.user or "").to_xcom()
        except OutcomeUnknown:
            if is_last_try(context):
                upload.free()  # no further try will find it
            raise
        self.record(context, lambda store, place: store.runs.uploaded(place[0], place[1] or 1))
        return uploaded

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """The place of the batch; none for a list at an address."""
        return batch_place(context, store, self.prepared)

    def _wait(self, ends: datetime, left: timedelta) -> None:
        from ovh_sms.triggers.receivers_slot import ReceiversSlotTrigger

        self.defer(
            trigger=ReceiversSlotTrigger(
                ovh_sms_conn_id=self.ovh_sms_conn_id,
                account=self.account,
                user=self.user or "",
                poll_interval=self.poll_interval.total_seconds(),
                ends_at=ends.isoformat(),
            ),
            method_name="execute_complete",
            kwargs={"ends_at": ends.isoformat()},
            timeout=left + timedelta(hours=1),  # the trigger ends by itself; this catches one that never does
        )
