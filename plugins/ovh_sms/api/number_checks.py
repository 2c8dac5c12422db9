"""Number checks: OVH asks the phone networks (HLR) whether numbers are valid and can be reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovh_sms.api.answer import ids
from ovh_sms.api.bulk_reads import BulkReader
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models_number_checks import NumberCheck, NumberChecksResult

_CHECKS, _CHECK = "/sms/{account}/hlr", "/sms/{account}/hlr/{check}"


class NumberChecksClient(SubClient):
    """Has numbers checked, and reads what the networks say."""

    def ids(self) -> list[int]:
        """List the account's number checks. Source: GET ``/sms/{serviceName}/hlr``."""
        return self._calls.make("GET", _CHECKS, ids)

    def create(self, numbers: Sequence[str], *, not_after: float | None = None) -> NumberChecksResult:
        """Have numbers checked, which costs credits: one HTTP request, never repeated.
        Source: POST ``/sms/{serviceName}/hlr``.

        :param numbers: E.164.
        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.RequestRefused: OVH refused it; nothing is checked.
        :raises ovh_sms.errors.OutcomeUnknown: the numbers may be checked.
        """
        body = {"receivers": list(numbers)}
        return self._calls.make("POST", _CHECKS, NumberChecksResult.read, body=body, not_after=not_after)

    def iter(self, check_ids: Sequence[int]) -> Iterator[NumberCheck]:
        """Read several checks, 50 in one call if OVH allows it, else one by one; those that OVH does not know any more
        are left out. Source: GET ``/sms/{serviceName}/hlr/{id}`` with ``X-Ovh-Batch``.
        """
        return BulkReader(self._calls, _CHECK, "check", NumberCheck).read(check_ids, may_be_gone=True)
