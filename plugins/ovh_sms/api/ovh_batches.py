"""OVH batches: made under a name, found by it, cancelled as a whole before they leave, counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ovh_sms.api.answer import Answer, read_json
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models_ovh_batches import OvhBatch, OvhBatchStatistics
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import ConfigurationError

_BATCHES = "/sms/{account}/batches"
_BATCH = "/sms/{account}/batches/{batch}"


def batch_body(request: SubmissionRequest, leaves_at: datetime) -> dict[str, Any]:
    """Return the body of OVH's POST ``/sms/{serviceName}/batches``; its name is the tag of the request.

    OVH takes no validity, no priority and no charset there.

    :param leaves_at: moment at which the messages leave, aware.
    :raises ovh_sms.errors.ConfigurationError: the receivers are a list at an address.
    """
    if request.document_url is not None:
        raise ConfigurationError(
            "An OVH batch takes no list at an address. Nothing was sent.",
            action="Upload the list to a receivers slot, or send it without 'via'.",
        )
    given = {
        "message": request.message,
        "name": request.tag,
        "tag": request.tag,
        "from": request.sender or None,
        "senderForResponse": request.sender_for_response or None,
        "noStop": not request.stop_clause,
        "to": None if request.receivers is None else list(request.receivers),
        "slotID": None if request.slot is None else str(request.slot),  # documented as a string
        "deferred": leaves_at.isoformat(timespec="seconds"),
    }
    return {name: value for name, value in given.items() if value is not None}


class OvhBatchesClient(SubClient):
    """Makes, lists, cancels and counts OVH batches."""

    def create(self, request: SubmissionRequest, *, leaves_at: datetime, not_after: float | None = None) -> OvhBatch:
        """Make one OVH batch: one HTTP request, never repeated. Source: POST ``/sms/{serviceName}/batches``.

        :param leaves_at: moment at which its messages leave, aware; until then it can be cancelled.
        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was sent.
        :raises ovh_sms.errors.RequestRefused: OVH refused the request; nothing was sent.
        :raises ovh_sms.errors.OutcomeUnknown: the OVH batch may have been made.
        """
        body = batch_body(request, leaves_at)
        return self._calls.make("POST", _BATCHES, OvhBatch.read, body=body, not_after=not_after)

    def all(self) -> list[OvhBatch]:
        """List the OVH batches of the account. Source: GET ``/sms/{serviceName}/batches``."""
        return self._calls.make("GET", _BATCHES, _batches)

    def named(self, name: str) -> list[OvhBatch]:
        """List the OVH batches of one name, cancelled ones too. Source: GET ``/sms/{serviceName}/batches``."""
        return [each for each in self.all() if each.name == name]

    def get(self, batch_id: str) -> OvhBatch:
        """Read one OVH batch. Source: GET ``/sms/{serviceName}/batches/{id}``.

        :raises ovh_sms.errors.NotFound: OVH shows no such batch.
        """
        return self._calls.make("GET", _BATCH, OvhBatch.read, batch=batch_id)

    def cancel(self, batch_id: str) -> OvhBatch:
        """Cancel a deferred OVH batch with all its messages. Source: POST ``/sms/{serviceName}/batches/{id}/cancel``.

        :raises ovh_sms.errors.RequestRefused: its messages have started to leave, or it was cancelled before.
        :raises ovh_sms.errors.OutcomeUnknown: it may have been cancelled; its status says so.
        """
        return self._calls.make("POST", f"{_BATCH}/cancel", OvhBatch.read, batch=batch_id)

    def statistics(self, batch_id: str) -> OvhBatchStatistics:
        """Count the messages of an OVH batch by state. Source: GET ``/sms/{serviceName}/batches/{id}/statistics``."""
        return self._calls.make("GET", f"{_BATCH}/statistics", OvhBatchStatistics.read, batch=batch_id)


def _batches(answer: Answer) -> list[OvhBatch]:
    return [OvhBatch.model_validate(each) for each in read_json(list[Any], answer)]
