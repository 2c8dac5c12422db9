"""Sending, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ovh_sms.api.answers import Answer, Fields
from ovh_sms.api.batch import BatchReader
from ovh_sms.api.job_request import JobRequest
from ovh_sms.api.models import Estimate, Job, JobAnswer, SenderType
from ovh_sms.api.part import ClientPart


class JobCalls(ClientPart):
    """Calls about sendings."""

    def estimate(self, message: str, *, stop_clause: bool, sender_type: SenderType = "alpha") -> Estimate:
        """Ask OVH how long a message is and how many parts it takes. Sends nothing and may be repeated.

        :param message: the text, columns already filled in: OVH cannot know the longest value.
        :param stop_clause: whether OVH adds how to unsubscribe.
        :param sender_type: ``alpha`` for a sender name.

        Source: POST ``/sms/estimate``.
        """
        body = {"message": message, "noStopClause": not stop_clause, "senderType": sender_type}
        return self._transport.request(self._call("POST", "/sms/estimate", body=body, safe=True), _estimate)

    def send_job(self, request: JobRequest, *, not_after: float | None = None) -> JobAnswer:
        """Send a message to a list of receivers: one request, never repeated by itself.

        :param request: what to whom, from whom, when.
        :param not_after: the last moment at which the request may go out, in seconds of :func:`time.monotonic`.
        :returns: what was accepted; ``ids`` may be empty.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was sent.
        :raises ovh_sms.errors.Unavailable: OVH could not be reached or takes no more calls; nothing was sent.
        :raises ovh_sms.errors.RequestRefused: OVH found the request wrong; nothing was sent.
        :raises ovh_sms.errors.OutcomeUnknown: the messages may have been sent.

        Source: POST ``/sms/{serviceName}/jobs``.
        """
        return self._transport.request(
            self._call("POST", "/sms/{account}/jobs", body=request.body()), _job_answer, not_after=not_after
        )

    def pending_jobs(self) -> list[int]:
        """List the messages of the whole account that wait to be sent. A sent one is no longer among them.

        Source: GET ``/sms/{serviceName}/jobs``.
        """
        return self._transport.request(self._call("GET", "/sms/{account}/jobs"), Answer.integers)

    def job(self, job_id: int) -> Job:
        """Read one waiting message.

        :param job_id: the message.
        :raises ovh_sms.errors.NotFound: where it was sent or cancelled meanwhile.

        Source: GET ``/sms/{serviceName}/jobs/{id}``.
        """
        return self._transport.request(self._call("GET", "/sms/{account}/jobs/{job}", job=job_id), _job)

    def jobs_many(
        self, ids: Sequence[int], *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[Job]:
        """Read several waiting messages, 50 in one call where OVH allows it; those sent meanwhile are left out.

        :param ids: the messages.
        :param progress: called with how many are done, and how many there are.

        Source: GET ``/sms/{serviceName}/jobs/{id}`` with ``X-Ovh-Batch``.
        """
        reader = BatchReader(self._transport, self._call, "/sms/{account}/jobs/{job}", "job", _job_of)
        return reader.read(ids, progress=progress, may_be_gone=True)

    def cancel_job(self, job_id: int) -> None:
        """Take back one waiting message.

        :param job_id: the message.
        :raises ovh_sms.errors.NotFound: where it was sent or cancelled meanwhile.

        Source: DELETE ``/sms/{serviceName}/jobs/{id}``.
        """
        self._transport.request(self._call("DELETE", "/sms/{account}/jobs/{job}", job=job_id), Answer.nothing)


def _estimate(answer: Answer) -> Estimate:
    fields = answer.fields()
    return Estimate(
        characters=fields.integer("characters"),
        encoding=fields.text("charactersClass"),
        per_part=fields.integer("maxCharactersPerPart"),
        parts=fields.integer("parts"),
    )


def _job_answer(answer: Answer) -> JobAnswer:
    fields = answer.fields()
    return JobAnswer(
        ids=fields.integers("ids"),
        valid=fields.texts("validReceivers"),
        invalid=fields.texts("invalidReceivers"),
        credits_removed=fields.number("totalCreditsRemoved"),
        tag=fields.optional_text("tag"),
    )


def _job(answer: Answer) -> Job:
    return _job_of(answer.fields())


def _job_of(fields: Fields) -> Job:
    return Job(
        id=fields.integer("id"),
        receiver=fields.text("receiver"),
        message=fields.text("message"),
        sender=fields.optional_text("sender"),
        created=fields.moment("creationDatetime"),
        delay_minutes=fields.integer("differedDelivery"),
        parts=fields.integer("numberOfSms"),
        credits=fields.number("credits"),
        delivery_receipt=fields.integer("deliveryReceipt"),
        operator_code=fields.integer("ptt"),
    )
