"""Send a campaign: one POST per task instance, never two."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import Asset

from ovh_sms.errors import ConfigurationError, OutcomeUnknown, ReceiversMismatch, ScheduleTooOld
from ovh_sms.hooks.resolutions import decision_on
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.protocol import run_once
from ovh_sms.idempotency.remote import ReconcilePolicy
from ovh_sms.idempotency.task_state import TaskState
from ovh_sms.messaging.numbers import is_fiction
from ovh_sms.operators.base import OvhSmsOperator, task_tag
from ovh_sms.sending.batch_write import BatchWrite
from ovh_sms.sending.frozen_list import begin, withdraw
from ovh_sms.sending.preflight import check_on_time
from ovh_sms.sending.receivers_slots import check_slot
from ovh_sms.sending.submission import (
    check_answer,
    check_one_batch,
    check_same,
    digest_of,
    list_facts,
)
from ovh_sms.settings import campaign_folder
from ovh_sms.task_context import EARLY, kind_of_run, planned_for, told

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.job_request import JobRequest


class SendJobOperator(OvhSmsOperator):
    """Send one message to a list of receivers, once, whatever happens to the task.

    The task writes down what it is about to send, sends, and writes down the answer. A later try that finds an
    answer returns it; one that finds no answer looks at OVH until it is clear what was sent: all of it is adopted,
    nothing is sent now, anything else is left to a person.

    :param message: the text, with ``#column#`` for mail merge.
    :param receivers: output of :class:`~ovh_sms.operators.upload_receivers.UploadReceiversOperator`; or
    :param numbers: up to 500 numbers in E.164 form; never templated, so that Airflow does not keep them; or
    :param document_url: a public address of a list in OVH's form.
    :param sender: sender shown to the receivers; or
    :param sender_for_response: ``True`` to send from a short number that receivers can answer to.
    :param stop_clause: whether OVH adds the STOP clause: for marketing it must.
    :param delay_minutes: minutes OVH waits before it sends.
    :param validity_minutes: minutes after which OVH gives up on a message.
    :param priority: ``high``, ``medium``, ``low`` or ``veryLow``.
    :param tag: at most 20 ASCII characters, never used before; derived from the task instance where not given.
    :param charset: ``UTF-8``, the only one OVH takes.
    :param campaign: name of the campaign, for the report.
    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`, or a piece of it, for
        the report.
    :param report: how the report is collected: ``{"collect_within_hours", "stop_window_minutes",
        "poll_interval_seconds"}``.
    :param max_lateness: a scheduled run that comes later than this after its time sends nothing.
    :param duplicate_window: within this time the same campaign does not send the same message to the same list again, nor
        another run of it to any list prepared from the same contact list, unless the run's
        configuration says ``{"force": true}``; an hour less for scheduled runs.
    :param quiet_period: after a lost answer, how long OVH must show the same before it is believed; at least twice the
        connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results, where each POST is claimed before it is made.
    :returns: tag, counts and credits of the sending; also carried by the event of each outlet asset.
    :raises ConfigurationError: lists every wrong parameter.
    :raises ReceiversMismatch: where the list at OVH is not the one uploaded.
    :raises ScheduleTooOld: where the run's scheduled time is long past.
    :raises RequestRefused: where OVH refused the message; nothing was sent.
    :raises RequestChanged: where the task has sent already and its list or message changed since, or where
        another piece of this run's list was sent before the list was prepared again.
    :raises JournalUnavailable: where what must be remembered is not kept, or the results are not those all workers share.
    :raises DuplicateSubmission: where the same message went to the same list, or to one from the same contact list, within
        ``duplicate_window``.
    :raises SubmissionInFlight: where another run of the campaign is sending right now; tried again later.
    :raises OutcomeUnknown: where OVH may have sent, and the next try must find out.

    Rests on POST /sms/{serviceName}/jobs.
    """

    template_fields: Sequence[str] = (
        *OvhSmsOperator.template_fields,
        "receivers",
        "document_url",
        "prepared",
        "tag",
    )

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
        report: dict[str, float] | None = None,
        max_lateness: timedelta = timedelta(hours=6),
        duplicate_window: timedelta = timedelta(hours=24),
        quiet_period: timedelta = timedelta(minutes=2),
        reconcile_timeout: timedelta = timedelta(minutes=20),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
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
        self.duplicate_window = duplicate_window
        self.reconcile_policy = ReconcilePolicy.of(quiet_period, reconcile_timeout)
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Send, or find out what an earlier try did."""
        check_one_batch(self.prepared)
        self.check_quiet_period(self.reconcile_policy.quiet_period)
        request = self._request(self.tag or task_tag(context))
        facts = self._facts(context, request.tag)
        once = TaskState(context["task_state_store"], "sending")
        write = self._write(context, request, facts)
        at_ovh = write.claims.at_ovh()
        for kept in (once.known, at_ovh and (at_ovh.answer or at_ovh.facts)):
            if kept:
                check_same(kept, facts)
        try:
            sending = run_once(
                write,
                once,
                reconcile_policy=self.reconcile_policy,
                check=lambda: self._check(context, write.claims),
                decision=lambda: decision_on(request.tag),
                last_try=context["ti"].try_number > context["ti"].max_tries,
                log=self.log,
            )
        finally:
            with suppress(Exception):  # what went wrong is told; the mark stays then, which is safe
                if not once.known and write.claims.at_ovh() is None:
                    withdraw(self.prepared)
        if write.refused_path:
            self.log.warning("OVH refused %d receivers, listed in %s", sending["invalid"], write.refused_path)
        return self._tell(context, sending)

    def _write(self, context: Context, request: JobRequest, facts: dict[str, Any]) -> BatchWrite:
        from ovh_sms.hooks.store import ResultsHook

        return BatchWrite(
            self.hook.client,
            request,
            facts,
            folder=self._folder(request.tag),
            verify=self._check_receivers,
            claims=Journal(
                ResultsHook(self.results_conn_id).store,
                facts,
                kind="sending",
                duplicate_window=self.duplicate_window - (EARLY if planned_for(context) else timedelta(0)),
                force=told(context, "force"),
                results_conn_id=self.results_conn_id,
            ),
        )

    def _check(self, context: Context, claims: Journal) -> None:
        """Everything that must be right before a POST."""
        self._check_time(context)
        self._check_tag(claims)
        begin(self.prepared)

    def _folder(self, tag: str) -> Path:
        """Where a file of receivers may be put: beside the list, or in a folder of its own."""
        listed = (self.prepared or {}).get("list_path")
        return Path(listed).parent if listed else campaign_folder(self.campaign or "sendings", tag)

    def _tell(self, context: Context, sending: dict[str, Any]) -> dict[str, Any]:
        """Hand the sending on to the report, and say how it went."""
        from airflow.sdk.exceptions import AirflowFailException

        try:
            if not sending.get("decided"):
                check_answer(sending)
        except OutcomeUnknown as error:
            raise AirflowFailException(str(error)) from error
        counts = [sending[name] for name in ("tag", "submitted", "invalid", "credits_spent")]
        self.log.info("Tag %s: OVH accepted %d receivers and refused %d; %s credits taken", *counts)
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = sending
        return sending

    def _facts(self, context: Context, tag: str) -> dict[str, Any]:
        """What is about to be sent, in digests and counts: kept with the intent, handed on with the answer."""
        ti = context["ti"]
        facts = {
            "tag": tag,
            "campaign": self.campaign or ti.dag_id,
            "dag_id": ti.dag_id,
            "run_id": ti.run_id,
            "connection": self.ovh_sms_conn_id,
            "account": self.hook.account,
            "sender": self.sender or "",
            "marketing": self.stop_clause,
            "message_digest": digest_of(self.message),
            "report": self.report,
        }
        return facts | list_facts(
            prepared=self.prepared,
            receivers=self.receivers,
            numbers=self.numbers,
            document_url=self.document_url,
        )

    def _check_time(self, context: Context) -> None:
        """Refuse a run that comes long after its schedule, or in a backfill; runs started by hand have neither."""
        if kind_of_run(context) == "backfill" and not told(context, "backfill"):
            raise ScheduleTooOld(
                "A backfill sends nothing unless it is told to.",
                action='To send all the same, start it with the configuration {"backfill": true}.',
            )
        planned = planned_for(context)
        if planned is not None and kind_of_run(context) != "backfill":
            check_on_time(planned, now=datetime.now(UTC), max_lateness=self.max_lateness)

    def _check_tag(self, claims: Journal) -> None:
        """Refuse a tag that OVH knows already while nobody remembers anything of it.

        That is a tag of the user's own that served before, or a run that was deleted and made again.
        """
        from airflow.sdk.exceptions import AirflowFailException

        tag = str(claims.facts["tag"])
        listed = self.hook.client.count_outgoing(tag=tag)
        if listed:
            if claims.at_ovh() is not None:
                raise OutcomeUnknown(
                    "Another process of this task has got ahead: it is not known what it has done.",
                    action="The next try looks it up at OVH.",
                )
            unknown = OutcomeUnknown(
                f"OVH already lists {listed} messages with the tag {tag}, and Airflow has no record of sending them.",
                action="Nothing was sent. Start a new run; a tag of your own must never have been used before.",
            )
            raise AirflowFailException(str(unknown)) from unknown

    def _check_receivers(self) -> None:
        """Make sure, right before the POST, that the list at OVH is the one that was prepared."""
        if self.numbers and not self.hook.is_sandbox and any(map(is_fiction, self.numbers)):
            raise ConfigurationError(
                "One of the numbers belongs to the range of fiction, 06 39 98 xx xx.",
                action="Use real numbers, or the sandbox. Nothing was sent.",
            )
        if not self.receivers:
            return
        if self.prepared and self.receivers.get("digest") != self.prepared["digest"]:
            raise ReceiversMismatch(
                "The list was prepared again after it was uploaded.",
                action="Nothing was sent. Clear the upload task and what follows it.",
            )
        slot, description = self.receivers["slot"], self.receivers["description"]
        check_slot(self.hook.client, slot, description=description, records=self.receivers["records"])

    def _request(self, tag: str) -> JobRequest:
        from ovh_sms.api.job_request import JobRequest

        return JobRequest(
            message=self.message,
            receivers=tuple(self.numbers) if self.numbers else None,
            slot=self.receivers["slot"] if self.receivers else None,
            document_url=self.document_url,
            sender=self.sender,
            sender_for_response=self.sender_for_response,
            stop_clause=self.stop_clause,
            tag=tag,
            delay_minutes=self.delay_minutes,
            validity_minutes=self.validity_minutes,
            priority=self.priority,
            charset=self.charset,
        )
