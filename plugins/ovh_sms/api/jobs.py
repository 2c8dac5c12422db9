"""Submissions, and the messages that still wait to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovh_sms.api.answer import ids, nothing
from ovh_sms.api.bulk_reads import BulkReader, Progress
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import Estimate, PendingMessage, SenderType, SubmissionResult
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import ConfigurationError

_JOBS = "/sms/{account}/jobs"
_JOB = "/sms/{account}/jobs/{job}"


class JobsClient(SubClient):
    """Submits messages, and reads and deletes those that still wait."""

    def estimate(self, message: str, *, stop_clause: bool, sender_type: SenderType = "alpha") -> Estimate:
        """Ask OVH for the length and the segments of a message. Sends nothing and may be repeated.
        Source: POST ``/sms/estimate``.

        :param message: the text with its columns filled in: OVH cannot know the longest value.
        :param stop_clause: whether OVH adds the way to unsubscribe.
        :param sender_type: ``alpha`` for a sender name.
        """
        body = {"message": message, "noStopClause": not stop_clause, "senderType": sender_type}
        return self._calls.make("POST", "/sms/estimate", Estimate.read, body=body, safe=True)

    def submit(self, request: SubmissionRequest, *, not_after: float | None = None) -> SubmissionResult:
        """Submit one message to a list of receivers: one HTTP request, never repeated.
        Source: POST ``/sms/{serviceName}/jobs``.

        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.ConfigurationError: it is for another user than this client's; nothing was sent.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was sent.
        :raises ovh_sms.errors.Unavailable: OVH cannot be reached or takes no more calls; nothing was sent.
        :raises ovh_sms.errors.RequestRefused: OVH refused the request; nothing was sent.
        :raises ovh_sms.errors.OutcomeUnknown: the messages may have been sent.
        """
        login = self._calls.login
        if login != (request.user or ""):
            raise ConfigurationError(
                f"The submission is for {request.user or 'the account itself'}, its path for "
                f"{login or 'the account itself'}. Nothing was sent.",
                action="Give the client and the submission the same user.",
            )
        return self._calls.make("POST", _JOBS, SubmissionResult.read, body=request.body(), not_after=not_after)

    def pending_ids(self) -> list[int]:
        """List the pending messages of the whole account. A message that was sent is no longer among them.
        Source: GET ``/sms/{serviceName}/jobs``.
        """
        return self._calls.make("GET", _JOBS, ids)

    def get(self, job_id: int) -> PendingMessage:
        """Read one pending message. Source: GET ``/sms/{serviceName}/jobs/{id}``.

        :raises ovh_sms.errors.NotFound: it was sent or deleted meanwhile.
        """
        return self._calls.make("GET", _JOB, PendingMessage.read, job=job_id)

    def iter(self, job_ids: Sequence[int], *, progress: Progress | None = None) -> Iterator[PendingMessage]:
        """Read several pending messages, 50 in one call if OVH allows it, without those sent meanwhile.
        Source: GET ``/sms/{serviceName}/jobs/{id}`` with ``X-Ovh-Batch``.
        """
        reader = BulkReader(self._calls, _JOB, "job", PendingMessage)
        return reader.read(job_ids, progress=progress, may_be_gone=True)

    def read_within(self, job_ids: Sequence[int], most_calls: int) -> list[PendingMessage] | None:
        """Read several pending messages, without those sent meanwhile; ``None`` if that takes too many calls.
        Source: GET ``/sms/{serviceName}/jobs/{id}`` with ``X-Ovh-Batch``.
        """
        return BulkReader(self._calls, _JOB, "job", PendingMessage).read_within(job_ids, most_calls, may_be_gone=True)

    def delete(self, job_id: int) -> None:
        """Withdraw one pending message. Source: DELETE ``/sms/{serviceName}/jobs/{id}``.

        :raises ovh_sms.errors.NotFound: it was sent or deleted meanwhile.
        """
        self._calls.make("DELETE", _JOB, nothing, job=job_id)
