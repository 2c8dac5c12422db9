"""Which receivers list at OVH is whose: by its description, checked again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.errors import NotFound, ReceiversMismatch

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import ReceiversSlot

#: First word of the description of every receivers list made here.
MADE_BY = "airflow"


def slot_name(tag: str) -> str:
    """Name a task's receivers list at OVH; its description is the name and a part of the list's digest."""
    return f"{MADE_BY} {tag}"


def slots_of(client: OvhSmsClient, name: str) -> list[ReceiversSlot]:
    """Find the receivers lists of a task: one, or more where a request came through after its process had died.

    :param client: the account's client.
    :param name: the first words of the description they were made with, or all of it.
    :returns: the lists by their number.

    Rests on GET /sms/{serviceName}/receivers and /receivers/{slotId}.
    """
    found = [_slot_of(client, number, name) for number in sorted(client.receivers.ids())]
    return [slot for slot in found if slot is not None]


def free_slots(client: OvhSmsClient, name: str) -> list[int]:
    """Free all receivers lists of a task, each looked at right before, as it may change hands at any moment.

    :param client: the account's client.
    :param name: as for :func:`slots_of`.
    :returns: the numbers of those that were freed.

    Rests on GET /sms/{serviceName}/receivers, GET and DELETE /receivers/{slotId}.
    """
    return [number for number in sorted(client.receivers.ids()) if free_slot(client, number, name)]


def free_slot(client: OvhSmsClient, number: int, name: str) -> bool:
    """Free one receivers list where it is the task's.

    :param client: the account's client.
    :param number: 1 to 9.
    :param name: as for :func:`slots_of`.
    :returns: whether it was; not where it is free already or another campaign's.

    Rests on GET and DELETE /sms/{serviceName}/receivers/{slotId}.
    """
    if _slot_of(client, number, name) is None:
        return False
    try:
        client.receivers.delete(number)
    except NotFound:  # freed by another process of the same task
        return False
    return True


def _slot_of(client: OvhSmsClient, number: int, name: str) -> ReceiversSlot | None:
    try:
        slot = client.receivers.get(number)
    except NotFound:  # freed since it was listed
        return None
    return slot if f"{slot.description} ".startswith(f"{name} ") else None


def is_ours(client: OvhSmsClient, number: int) -> bool:
    """Tell whether a receivers list was made here; not where it was freed meanwhile.

    :param client: the account's client.
    :param number: 1 to 9.

    Rests on GET /sms/{serviceName}/receivers/{slotId}.
    """
    try:
        return client.receivers.get(number).description.startswith(MADE_BY)
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
        slot = client.receivers.get(number)
    except NotFound as error:
        raise ReceiversMismatch(f"The receivers list {number} is gone.", action=again) from error
    if slot.description != description:
        raise ReceiversMismatch(f"The receivers list {number} now belongs to something else.", action=again)
    if slot.records != records:
        raise ReceiversMismatch(
            f"The receivers list {number} holds {slot.records} rows, {records} were expected.", action=again
        )
