"""Which receivers list at OVH is whose: by its description, checked again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.errors import NotFound, ReceiversMismatch

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Slot

#: First word of the description of every receivers list made here.
MADE_BY = "airflow"


def slot_name(tag: str) -> str:
    """Name a task's receivers list at OVH; its description is the name and a part of the list's digest."""
    return f"{MADE_BY} {tag}"


def find_slot(client: OvhSmsClient, name: str) -> Slot | None:
    """Find the receivers list of a task.

    :param client: the account's client.
    :param name: start of the description it was made with.
    :returns: the list, or ``None``.

    Rests on GET /sms/{serviceName}/receivers and /receivers/{slotId}.
    """
    for number in client.slots():
        try:
            slot = client.slot(number)
        except NotFound:  # freed by another campaign since it was listed
            continue
        if slot.description.startswith(name):
            return slot
    return None


def is_ours(client: OvhSmsClient, number: int) -> bool:
    """Tell whether a receivers list was made here; not where it was freed meanwhile.

    :param client: the account's client.
    :param number: 1 to 9.

    Rests on GET /sms/{serviceName}/receivers/{slotId}.
    """
    try:
        return client.slot(number).description.startswith(MADE_BY)
    except NotFound:
        return False


def check_slot(client: OvhSmsClient, number: int, *, description: str, records: int) -> None:
    """Make sure that a receivers list is the one this campaign uploaded, whole.

    :param client: the account's client.
    :param number: 1 to 9.
    :param description: as given when the list was made.
    :param records: rows it must hold.
    :raises ReceiversMismatch: where it is gone, another campaign's, or not whole.

    Rests on GET /sms/{serviceName}/receivers/{slotId}.
    """
    again = "Nothing was sent. Clear the upload task and what follows it, so that the list is uploaded again."
    try:
        slot = client.slot(number)
    except NotFound as error:
        raise ReceiversMismatch(f"The receivers list {number} is gone.", action=again) from error
    if slot.description != description:
        raise ReceiversMismatch(f"The receivers list {number} now belongs to something else.", action=again)
    if slot.records != records:
        raise ReceiversMismatch(
            f"The receivers list {number} holds {slot.records} rows, {records} were expected.", action=again
        )
