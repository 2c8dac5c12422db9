"""Submit one batch of a campaign: one POST per task instance, never two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import Asset

from ovh_sms.hooks.lineage import ReportsLineage, messages, prepared_batch
from ovh_sms.messaging.receiver_zones import UNKNOWN
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.operators.held_batches import HoldsBatches
from ovh_sms.operators.hours import schedule_of
from ovh_sms.operators.links import RunReportLink
from ovh_sms.operators.replies_read import ReadsReplies
from ovh_sms.operators.run_recording import Place, RecordsRun, batch_place, keeps_problem, planned_records, unmapped_tag
from ovh_sms.operators.submission_way import SubmittingOperator
from ovh_sms.task_context import is_set, planned_at, started_by, task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.hooks.lineage import LineageDataset
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.store import Store


class SendJobOperator(RecordsRun, ReportsLineage, HoldsBatches, ReadsReplies, SubmittingOperator):
    """Send one message to the receivers of one batch, once, even if the task is killed.

    The task records what it is about to submit, submits, and records the answer. A later try that finds an answer
    returns it. One that finds none observes OVH until it is clear what was submitted: all of it is adopted, nothing is
    submitted now, and a person decides about anything else.

    Right before a try that may submit, people who opted out since the list was prepared are left out, by OVH's list of
    the account and by the results of every account: ``rejected`` counts them as ``opted_out_since``, and
    ``opted_out_since.csv`` beside the list names them. If nobody is left, the task is skipped. A list at an address is
    submitted as it is. If people can answer the batch, the replies of the account are read first. If more people
    answered STOP to earlier batches of the run than ``stop_threshold`` of ``report`` allows, the task waits for a
    person; it is skipped if they decide so.

    :param message: the text, with ``#column#`` for mail merge.
    :param receivers: output of :class:`~ovh_sms.operators.upload_receivers.UploadReceiversOperator`; or
    :param numbers: up to 500 numbers in E.164 form; never templated, so that Airflow does not keep them; or
    :param document_url: a public address of a list in OVH's form.
    :param sender: shown sender; or
    :param sender_for_response: ``True`` to send from a short number that receivers can answer to.
    :param stop_clause: whether OVH adds the STOP clause: for marketing it must.
    :param delay_minutes: minutes that OVH waits before it sends; ``hours`` count when they are over.
    :param validity_minutes: minutes after which OVH drops a message that waits.
    :param priority: ``high``, ``medium``, ``low`` or ``veryLow``.
    :param tag: at most 20 ASCII characters, never used before; by default derived from the task instance.
    :param charset: ``UTF-8``, the only one that OVH takes.
    :param campaign: name of the campaign, for the report.
    :param prepared: one batch of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`'s output, or
        the whole of a list of one batch, for the report.
    :param report: how the report is collected: fields of :class:`~ovh_sms.sending.submission.CollectSettings`.
    :param max_lateness: a scheduled run that comes later than this after its planned time sends nothing; by default
        that of ``hours``, or six hours.
    :param hours: when messages may leave, see :func:`~ovh_sms.operators.hours.schedule_of`; the batch waits for that.
    :param reply_rules: with ``sender_for_response``: the folder ``campaigns`` and the ``keywords`` by which
        :class:`~ovh_sms.operators.collect_replies.CollectRepliesOperator` reads the account's replies. By default only
        words that opt out in any campaign count, and no reply is stored.
    :param duplicate_window: for how long nobody gets the same message from another run, unless the run's configuration
        says ``{"force": true}``. Scheduled runs of one DAG repeat each other only at the same planned time.
    :param approval: a person must approve the run's list before; also if it is not given and the list was prepared so.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; at least
        twice the connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :returns: :class:`~ovh_sms.sending.submission.Submission` as XCom; also the extra of each outlet asset's event.
    :raises ConfigurationError: lists every wrong parameter.
    :raises ReceiversMismatch: the receivers slot does not hold the list that was uploaded.
    :raises ScheduleTooOld: the run's planned time is long past, or it began before the results database was restored.
    :raises OutsideHours: the campaign's hours do not allow what would be sent.
    :raises RequestRefused: OVH refused the message. Nothing was sent.
    :raises RequestChanged: an earlier try submitted another list or message, or this run submitted a batch of
        another list.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises CampaignNotApproved: a person must approve the run's list, and has not.
    :raises DuplicateSubmission: another run sent the message to some receivers within ``duplicate_window``.
    :raises SubmissionInFlight: another run may be sending it to some of them right now; tried again later.
    :raises OutcomeUnknown: OVH may have accepted the batch, and the next try must reconcile.

    Source: POST ``/sms/{serviceName}/jobs``, or ``/batches``.
    """

    operator_extra_links = (RunReportLink(),)
    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "receivers", "document_url", "prepared", "tag")

    def __init__(
        self,
        *,
        message: str,
        receivers: dict[str, Any] | None = None,
        numbers: Sequence[str] | None = None,
        document_url: str | None = None,
        sender: str | None = None,
        sender_for_response: bool = False,
        stop_clause: bool = True,
        delay_minutes: int = 0,
        validity_minutes: int = 2880,
        priority: Literal["high", "medium", "low", "veryLow"] = "high",
        tag: str | None = None,
        charset: Literal["UTF-8"] = "UTF-8",
        campaign: str = "",
        prepared: dict[str, Any] | None = None,
        report: dict[str, Any] | None = None,
        max_lateness: timedelta | None = None,
        hours: Mapping[str, Any] | None = None,
        reply_rules: Mapping[str, Any] | None = None,
        duplicate_window: timedelta = timedelta(hours=24),
        approval: bool = False,
        quiet_period: timedelta = timedelta(minutes=2),
        reconcile_timeout: timedelta = timedelta(minutes=20),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.message = message
        self.receivers = receivers
        self.numbers = numbers
        self.document_url = document_url
        self.sender = sender
        self.sender_for_response = sender_for_response
        self.stop_clause = stop_clause
        self.delay_minutes = delay_minutes
        self.validity_minutes = validity_minutes
        self.priority = priority
        self.tag = tag
        self.charset = charset
        self.campaign = campaign
        self.prepared = prepared
        self.report = report or {}
        self.max_lateness = max_lateness
        self.hours = hours
        self.reply_rules = reply_rules
        self.duplicate_window = duplicate_window
        self.approval = approval

    @keeps_problem
    def execute(self, context: Context) -> dict[str, Any]:
        """Submit, or reconcile an earlier try."""
        return self.within_hours(context, self._submit)

    def _submit(self, context: Context) -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowSkipException

        from ovh_sms.idempotency.remote_write import NothingToMake

        policy = self.policy()
        with self.once() as store:
            planned = self._plan(context, self.tag or task_tag(context), store)
            self._record_plan(context, planned.plan)
            self.read_opt_outs(context, planned, store)
            try:
                submission = self.submit_once(planned, store=store, task=self.task_try(context), policy=policy)
            except NothingToMake as nothing:
                self.record(context, lambda store, place: store.runs.failed(place[0], None, batch=place[1]))
                raise AirflowSkipException(str(nothing)) from None
        self.record(context, lambda store, place: store.runs.failed(place[0], None, batch=place[1]))
        counts = submission.tag, submission.submitted, submission.refused, submission.credits_spent
        self.log.info("submitted tag=%s receivers=%s refused=%d credits=%s", *counts)
        result = self.made(submission.to_xcom())
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = result
        return result

    def lineage_inputs(self, _: dict[str, Any] | None) -> list[LineageDataset]:
        """The prepared list; none if the receivers come from elsewhere."""
        return prepared_batch(self.prepared)

    def lineage_outputs(self, result: dict[str, Any]) -> list[LineageDataset]:
        """The messages at OVH."""
        return [messages(result["account"], result["campaign"], rows=result["submitted"])]

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """The place of the batch; a list that was not prepared is one batch of its own."""
        list_tag, batch = batch_place(context, store, self.prepared)
        return (list_tag, batch) if list_tag else (unmapped_tag(context, self.task_id), batch or 1)

    def _record_plan(self, context: Context, plan: Submission) -> None:
        """Record the tag of the batch, and the run if nothing of it was prepared."""

        def write(store: Store, place: Place) -> None:
            run, batch = planned_records(place[0], place[1] or 1, plan, planned_at(context))
            store.runs.start_unprepared(run)
            store.runs.named(place[0], batch)

        self.record(context, write)

    def _plan(self, context: Context, tag: str, store: Store) -> PlannedSubmission:
        from ovh_sms.contacts.prepared_list import Batch
        from ovh_sms.sending.planned_submission import PlannedSubmission
        from ovh_sms.sending.receivers_slots import UploadedReceivers
        from ovh_sms.sending.repeats import RunMessage
        from ovh_sms.sending.replies_read import RepliesRead
        from ovh_sms.sending.submission import CollectSettings, Submission, batch_receivers, digest_of, folder_of
        from ovh_sms.settings import campaign_folder
        from ovh_sms.store.campaign_approvals import check_can_be_approved

        ti = context["ti"]
        batch = Batch.from_xcom(self.prepared) if self.prepared else None
        slot = UploadedReceivers.from_xcom(self.receivers) if self.receivers else None
        content = self._content(store, ti, batch)
        self.send_as(content["user"])
        check_can_be_approved(self.prepared, approval=self.approval)
        schedule = self._schedule(context, batch, marketing=content["stop_clause"], held=bool(content["sender"]))
        receivers = batch_receivers(batch=batch, slot=slot, numbers=self.numbers, document_url=self.document_url)
        plan = Submission(
            **asdict(receivers),
            tag=tag,
            campaign=self.campaign or ti.dag_id,
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            connection=self.ovh_sms_conn_id,
            account=self.hook.account,
            sender=content["sender"] or "",
            user=content["user"] or "",
            marketing=content["stop_clause"],
            message_digest=digest_of(content["message"]),
            collect=CollectSettings(**self.report),
            forced_by=started_by(context) if is_set(context, "force") else None,
        )
        return PlannedSubmission(
            plan=plan,
            request=self._request(tag, content, schedule.minutes_left(self.hook.client.time())),
            run_message=RunMessage(
                message=content["message"],
                marketing=content["stop_clause"],
                account=self.hook.account,
                dag_id=ti.dag_id,
                run_id=ti.run_id,
                planned_at=planned_at(context),
                window=self.duplicate_window,
                force=is_set(context, "force"),
            ),
            folder=folder_of(plan, campaign_folder(self.campaign or "batches", tag)),
            task_id=ti.task_id,
            map_index=-1 if ti.map_index is None else ti.map_index,
            batch=batch,
            slot=slot,
            schedule=schedule,
            **self.way(content["message"]),
            needs_approval=self.approval,
            replies=RepliesRead() if content["sender_for_response"] else None,
        )

    def _schedule(self, context: Context, batch: Batch | None, *, marketing: bool, held: bool) -> Schedule:
        return schedule_of(
            context,
            self.hours,
            marketing=marketing,
            held=held,
            batch=batch,
            numbers=self.numbers or (),
            zones=UNKNOWN,  # nobody has read a list at an address
            max_lateness=self.max_lateness,
            delay=self.delay,
        )

    def _content(self, store: Store, ti: Any, batch: Batch | None) -> dict[str, Any]:
        """The content that the run's list was published with; this task's own if its list was published by no run."""
        from ovh_sms.messaging.message_check import as_sent
        from ovh_sms.store.published_lists import CONTENT

        own = {name: getattr(self, name) for name in CONTENT}
        if batch is not None:  # the names of its columns are those that OVH takes
            own["message"] = as_sent(self.message)
        published = batch and store.published_lists.get(ti.dag_id, ti.run_id, batch.run_digest)
        content = {**own, **published.content} if published else own
        changed = [name for name in own if content[name] != own[name]]
        if changed:
            self.log.warning("sent as prepared; the change counts for the next run: %s", ", ".join(changed))
        return content

    def _request(self, tag: str, content: dict[str, Any], minutes_left: int | None) -> SubmissionRequest:
        from ovh_sms.api.submission_request import SubmissionRequest

        return SubmissionRequest(
            **content,
            receivers=tuple(self.numbers) if self.numbers else None,
            slot=self.receivers["slot"] if self.receivers else None,
            document_url=self.document_url,
            tag=tag,
            delay_minutes=self.delay_minutes,
            validity_minutes=min(self.validity_minutes, minutes_left or self.validity_minutes),
            priority=self.priority,
            charset=self.charset,
        )
