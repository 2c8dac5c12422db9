"""The numbers that answered STOP, on OVH's list of the account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovh_sms.api.answer import names
from ovh_sms.api.bulk_reads import BulkReader
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import BlacklistEntry

_ENTRY = "/sms/{account}/blacklists/{number}"


class BlacklistsClient(SubClient):
    """Reads the numbers that answered STOP."""

    def numbers(self) -> list[str]:
        """List all numbers that answered STOP. Source: GET ``/sms/{serviceName}/blacklists``.

        :returns: numbers as OVH writes them, E.164.
        """
        return self._calls.make("GET", "/sms/{account}/blacklists", names)

    def get(self, number: str) -> BlacklistEntry:
        """Read the date of one STOP, and the message that it answers.
        Source: GET ``/sms/{serviceName}/blacklists/{number}``.

        :raises ovh_sms.errors.NotFound: this number is not on the list.
        """
        return self._calls.make("GET", _ENTRY, BlacklistEntry.read, number=number)

    def iter(self, numbers: Sequence[str], *, may_be_gone: bool = False) -> Iterator[BlacklistEntry]:
        """Read several STOPs, 50 in one call if OVH allows it.
        Source: GET ``/sms/{serviceName}/blacklists/{number}`` with ``X-Ovh-Batch``.

        :param may_be_gone: leave out the numbers that are not on the list any more.
        """
        return BulkReader(self._calls, _ENTRY, "number", BlacklistEntry).read(numbers, may_be_gone=may_be_gone)
