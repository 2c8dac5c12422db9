"""The receivers slots of an account: found by their description, checked and freed.

A slot belongs to the account: another campaign may take it at any moment after it is freed. Therefore its description
and its number of receivers are read again right before anything depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.errors import NotFound, ReceiversMismatch

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import ReceiversSlot

#: First word of the description of every slot loaded by this package.
MADE_BY = "airflow"


@dataclass(frozen=True, kw_only=True)
class UploadedReceivers:
    """A receivers slot that holds a batch.

    :param slot: 1 to 9.
    :param description: distinguishes the slot from those of other tasks.
    :param user: login of the account's user whose slot it is; empty for the account's own.
    """

    slot: int
    description: str
    records: int
    digest: str
    user: str = ""

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = asdict(self)
        return plain if self.user else {name: value for name, value in plain.items() if name != "user"}

    @classmethod
    def from_xcom(cls, value: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` returned."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__ if name != "user" or name in value})


def slot_name(tag: str) -> str:
    """Return the first words of a slot's description, which name its task; a part of the list's digest follows."""
    return f"{MADE_BY} {tag}"


def upload_tag(description: str) -> str:
    """Return the tag of the task that loaded a slot.

    :param description: of a slot that :func:`slot_name` begins.
    """
    return description.removeprefix(f"{MADE_BY} ").rsplit(" ", 1)[0]


def slots_of(client: OvhSmsClient, name: str) -> list[ReceiversSlot]:
    """Find the slots of a task: several if a request was executed after its process had died.

    Source: GET ``/sms/{serviceName}/receivers`` and ``/receivers/{slotId}``.

    :param name: the first words of the description, or all of it.
    """
    found = [_slot_of(client, number, name) for number in sorted(client.receivers.ids())]
    return [slot for slot in found if slot is not None]


def free_slots(client: OvhSmsClient, name: str) -> list[int]:
    """Free all slots of a task. Each is read right before, as it may change hands at any moment.

    Of a user who was deleted since, those of the account: they may be the user's, too.

    Source: GET ``/sms/{serviceName}/receivers``, GET and DELETE ``/receivers/{slotId}``.
    """
    try:
        numbers = client.receivers.ids()
    except NotFound:
        if not client.user:
            raise
        return free_slots(client.as_user(""), name)
    return [number for number in sorted(numbers) if free_slot(client, number, name)]


def free_slot(client: OvhSmsClient, number: int, name: str) -> bool:
    """Free one slot if it is the task's.

    Source: GET and DELETE ``/sms/{serviceName}/receivers/{slotId}``.

    :param number: 1 to 9.
    :returns: whether it was freed; not if it is free already or another campaign's.
    """
    if _slot_of(client, number, name) is None:
        return False
    try:
        client.receivers.delete(number)
    except NotFound:  # freed by another process of the same task
        return False
    return True


def check_slot(client: OvhSmsClient, number: int, *, description: str, records: int) -> None:
    """Make sure that a slot holds the list of this task, completely.

    Source: GET ``/sms/{serviceName}/receivers/{slotId}``.

    :raises ReceiversMismatch: the slot is free, another campaign's, or not complete.
    """
    again = "Nothing was sent. Clear the upload task and the tasks after it, so that the list is uploaded again."
    try:
        slot = client.receivers.get(number)
    except NotFound as error:
        raise ReceiversMismatch(f"The receivers slot {number} is free.", action=again) from error
    if slot.description != description:
        raise ReceiversMismatch(f"The receivers slot {number} now belongs to something else.", action=again)
    if slot.records != records:
        raise ReceiversMismatch(
            f"The receivers slot {number} holds {slot.records} rows, {records} were expected.", action=again
        )


def _slot_of(client: OvhSmsClient, number: int, name: str) -> ReceiversSlot | None:
    try:
        slot = client.receivers.get(number)
    except NotFound:  # freed since it was listed
        return None
    return slot if f"{slot.description} ".startswith(f"{name} ") else None


def is_made_here(client: OvhSmsClient, number: int) -> bool:
    """Return whether this package loaded a slot; not if it was freed meanwhile.

    Source: GET ``/sms/{serviceName}/receivers/{slotId}``.
    """
    try:
        return client.receivers.get(number).description.startswith(MADE_BY)
    except NotFound:
        return False
