"""The account's receivers slots, 1 to 9, shared by all its campaigns."""

from __future__ import annotations

from ovh_sms.api.answer import ids, nothing, text
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import ReceiversSlot
from ovh_sms.errors import ConfigurationError

#: Numbers of the account's slots.
SLOTS = range(1, 10)
#: Most characters of a slot's description, as OVH's panel takes them.
DESCRIPTION_CHARACTERS = 40

_SLOT = "/sms/{account}/receivers/{slot}"


class ReceiversClient(SubClient):
    """Reads, loads and frees receivers slots."""

    def ids(self) -> list[int]:
        """List the slots in use. Source: GET ``/sms/{serviceName}/receivers``."""
        return self._calls.make("GET", "/sms/{account}/receivers", ids)

    def get(self, number: int) -> ReceiversSlot:
        """Read one slot: its description and its number of receivers.
        Source: GET ``/sms/{serviceName}/receivers/{slotId}``.

        :raises ovh_sms.errors.NotFound: the slot is free.
        """
        return self._calls.make("GET", _SLOT, ReceiversSlot.read, slot=number)

    def create(
        self, number: int, *, description: str, document_id: str | None = None, csv_url: str | None = None
    ) -> ReceiversSlot:
        """Load receivers into a slot, from a document at OVH or from a public address.
        Source: POST ``/sms/{serviceName}/receivers``.

        :param description: at most 40 characters; distinguishes the lists of the campaigns.
        :raises ovh_sms.errors.RequestRefused: OVH refused the file; its text names the line.
        :raises ovh_sms.errors.OutcomeUnknown: the slot may have been loaded.
        """
        if (document_id is None) == (csv_url is None):
            raise ConfigurationError(
                "A receivers slot is loaded from a document or from an address. Nothing was loaded.",
                action="Give exactly one of document_id and csv_url.",
            )
        if not 1 <= len(description) <= DESCRIPTION_CHARACTERS:
            raise ConfigurationError(
                f"The slot's description has {len(description)} characters. Nothing was loaded.",
                action=f"Give 1 to {DESCRIPTION_CHARACTERS} characters.",
            )
        body = {
            "slotId": number,
            "description": description,
            "autoUpdate": False,  # OVH must never load another list by itself
            "documentId": document_id,
            "csvUrl": csv_url,
        }
        return self._calls.make("POST", "/sms/{account}/receivers", ReceiversSlot.read, body=body)

    def delete(self, number: int) -> None:
        """Free a slot. Source: DELETE ``/sms/{serviceName}/receivers/{slotId}``.

        :raises ovh_sms.errors.NotFound: it is free already.
        """
        self._calls.make("DELETE", _SLOT, nothing, slot=number)

    def csv(self, number: int) -> str:
        """Read the list in a slot as CSV text. Source: GET ``/sms/{serviceName}/receivers/{slotId}/csv``."""
        return self._calls.make("GET", f"{_SLOT}/csv", text, slot=number)
