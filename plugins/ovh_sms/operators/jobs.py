"""Send a campaign: one POST per task instance, never two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import Asset

from ovh_sms.errors import ApiError, ConfigurationError, OutcomeUnknown, ReceiversMismatch
from ovh_sms.messaging.numbers import is_fiction
from ovh_sms.operators.base import OvhSmsOperator, tag_of
from ovh_sms.operators.begun import begin, take_back
from ovh_sms.operators.once import Once
from ovh_sms.operators.sending import (
    adopted,
    answered,
    check_answer,
    check_one_piece,
    check_same,
    digest_of,
    keep_refused,
    list_facts,
)
from ovh_sms.operators.slots import check_slot
from ovh_sms.preflight import check_on_time

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.job_request import JobRequest


class SendJobOperator(OvhSmsOperator):
    """Send one message to a list of receivers, once, whatever happens to the task.

    The task writes down what it is about to send, sends, and writes down the answer. A later try that finds an
    answer returns it; one that finds no answer looks the sending up at OVH and never sends again by itself.

    :param message: the text, with ``#column#`` for mail merge.
    :param receivers: output of :class:`~ovh_sms.operators.receivers.UploadReceiversOperator`; or
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
    :param prepared: output of :class:`~ovh_sms.operators.prepare.PrepareContactsOperator`, or a piece of it, for
        the report.
    :param report: how the report is collected: ``{"collect_within_hours", "stop_window_minutes",
        "look_every_seconds"}``.
    :param late_after: a scheduled run that comes later than this after its time sends nothing.
    :returns: tag, counts and credits of the sending; also carried by the event of each outlet asset.
    :raises ConfigurationError: lists every wrong parameter.
    :raises ReceiversMismatch: where the list at OVH is not the one uploaded.
    :raises TooLate: where the run's scheduled time is long past.
    :raises RequestRefused: where OVH refused the message; nothing was sent.
    :raises SendingChanged: where the task has sent already and its list or message changed since, or where
        another piece of this run's list was sent before the list was prepared again.
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
        late_after: timedelta = timedelta(hours=6),
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
        self.late_after = late_after

    def execute(self, context: Context) -> dict[str, Any]:
        """Send, or find out what an earlier try did."""
        check_one_piece(self.prepared)
        request = self._request(self.tag or tag_of(context))
        facts = self._facts(context, request.tag)
        once = Once(context["task_state_store"], "sending")
        if once.answer is not None:
            check_same(once.answer, facts)
            self.log.info("This task has sent already (tag %s): nothing is sent again", request.tag)
            return self._tell(context, once.answer)
        if once.intent is not None:
            check_same(once.intent, facts)
            return self._tell(context, once.settle(self._look_up(once.intent)))
        self._check_time(context)
        self._check_tag(request.tag)
        self._check_receivers()
        return self._tell(context, self._send(once, request, facts))

    def _send(self, once: Once, request: JobRequest, facts: dict[str, Any]) -> dict[str, Any]:
        begin(self.prepared)
        once.intend(**facts, request=request.digest())
        try:
            answer = self.hook.client.send_job(request)
        except OutcomeUnknown:
            raise
        except ApiError as error:  # every other answer says that nothing was executed
            once.withdraw(type(error).__name__)
            take_back(self.prepared)
            raise
        sending = once.settle(answered(facts, answer))
        if answer.invalid and self.prepared:
            path = keep_refused(self.prepared["list_path"], answer.invalid)
            self.log.warning("OVH refused %d receivers, listed in %s", len(answer.invalid), path)
        return sending

    def _look_up(self, intent: dict[str, Any]) -> dict[str, Any]:
        """Find at OVH what a try that left no answer has sent; never send.

        :raises AirflowFailException: where OVH does not show the whole sending: a person must decide.
        """
        from airflow.sdk.exceptions import AirflowFailException

        tag, expected = intent["tag"], intent["expected"]
        listed = self.hook.client.count_outgoing(tag=tag)
        if listed and listed == expected:
            self.log.warning("An earlier try sent all %d messages (tag %s); its answer was lost", listed, tag)
            return adopted(intent, listed)
        unknown = OutcomeUnknown(
            f"It is not known whether the sending {tag} was accepted: OVH lists {listed} of {expected} messages.",
            action="Nothing is sent again. Look for the tag among the outgoing and the pending messages in OVH's "
            "manager. If nothing was sent, start a new run of the campaign.",
        )
        raise AirflowFailException(str(unknown)) from unknown

    def _tell(self, context: Context, sending: dict[str, Any]) -> dict[str, Any]:
        """Hand the sending on to the report, and say how it went."""
        from airflow.sdk.exceptions import AirflowFailException

        try:
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
        """Refuse a run that comes long after its schedule; runs started by hand have none."""
        dag_run = context.get("dag_run")
        if dag_run is None or dag_run.logical_date is None:
            return
        if getattr(dag_run.run_type, "value", dag_run.run_type) != "manual":
            check_on_time(dag_run.logical_date, now=datetime.now(UTC), late_after=self.late_after)

    def _check_tag(self, tag: str) -> None:
        """Refuse a tag that OVH knows already while Airflow remembers nothing of it.

        That is a tag of the user's own that served before, or a run that was deleted and made again.
        """
        from airflow.sdk.exceptions import AirflowFailException

        listed = self.hook.client.count_outgoing(tag=tag)
        if listed:
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
