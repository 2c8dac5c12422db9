"""Receivers lists: the account's slots, 1 to 9, shared by all its campaigns."""

from __future__ import annotations

from ovh_sms.api.answers import Answer
from ovh_sms.api.models import Slot
from ovh_sms.api.part import ClientPart
from ovh_sms.errors import ConfigurationError

#: The account's slots.
SLOTS = range(1, 10)
#: Most characters of a slot's description, as OVH's panel takes them.
DESCRIPTION_CHARACTERS = 40


class ReceiversCalls(ClientPart):
    """Calls about receivers lists."""

    def slots(self) -> list[int]:
        """List the slots in use.

        Source: GET ``/sms/{serviceName}/receivers``.
        """
        return self._transport.request(self._call("GET", "/sms/{account}/receivers"), Answer.integers)

    def slot(self, number: int) -> Slot:
        """Read one slot: whose list it holds and how many receivers.

        :param number: 1 to 9.
        :raises ovh_sms.errors.NotFound: where the slot is free.

        Source: GET ``/sms/{serviceName}/receivers/{slotId}``.
        """
        return self._transport.request(
            self._call("GET", "/sms/{account}/receivers/{slot}", slot=number), _slot
        )

    def create_slot(
        self, number: int, *, description: str, document_id: str | None = None, csv_url: str | None = None
    ) -> Slot:
        """Load a receivers list into a slot, from a document at OVH or from a public address.

        :param number: 1 to 9.
        :param description: at most 40 characters; tells the campaigns' lists apart.
        :param document_id: a document that holds the CSV; or
        :param csv_url: a public address of the CSV.
        :returns: the slot with the number of receivers that OVH read.
        :raises ovh_sms.errors.RequestRefused: for a file that OVH does not take; its words name the line.
        :raises ovh_sms.errors.OutcomeUnknown: where the slot may or may not have been loaded.

        Source: POST ``/sms/{serviceName}/receivers``.
        """
        if (document_id is None) == (csv_url is None):
            raise ConfigurationError(
                "A slot is loaded from a document or an address.", action="Give exactly one."
            )
        if not 1 <= len(description) <= DESCRIPTION_CHARACTERS:
            raise ConfigurationError(
                f"The slot's description has {len(description)} characters.",
                action=f"Give 1 to {DESCRIPTION_CHARACTERS}.",
            )
        body = {
            "slotId": number,
            "description": description,
            "autoUpdate": False,  # never load another list behind the campaign's back
            "documentId": document_id,
            "csvUrl": csv_url,
        }
        return self._transport.request(self._call("POST", "/sms/{account}/receivers", body=body), _slot)

    def delete_slot(self, number: int) -> None:
        """Free a slot.

        :param number: 1 to 9.
        :raises ovh_sms.errors.NotFound: where it is free already.

        Source: DELETE ``/sms/{serviceName}/receivers/{slotId}``.
        """
        self._transport.request(
            self._call("DELETE", "/sms/{account}/receivers/{slot}", slot=number), Answer.nothing
        )

    def slot_csv(self, number: int) -> str:
        """Read back the list in a slot.

        :param number: 1 to 9.
        :returns: the CSV's text.

        Source: GET ``/sms/{serviceName}/receivers/{slotId}/csv``.
        """
        return self._transport.request(
            self._call("GET", "/sms/{account}/receivers/{slot}/csv", slot=number), Answer.text
        )


def _slot(answer: Answer) -> Slot:
    fields = answer.fields()
    return Slot(
        number=fields.integer("slotId"),
        description=fields.text("description"),
        records=fields.integer("records"),
        created=fields.moment("datetime"),
    )
