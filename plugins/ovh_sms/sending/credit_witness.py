"""The account's credits as a witness: were they taken for a batch that OVH does not list yet?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import OutgoingMessage
    from ovh_sms.sending.pending_messages import PendingMatch

#: So many messages are read one by one, for their credits and receivers.
MOST_READ = 5_000
#: Credits are written with some decimals; less than this is none.
_NO_CREDIT = 1e-6


@dataclass
class CreditWitness:
    """Compares the credits that are gone since a snapshot with the messages that took them."""

    client: OvhSmsClient
    _read: dict[int, OutgoingMessage] = field(default_factory=dict, init=False)

    def explains(self, snapshot: Mapping[str, Any], gone: float, ids: list[int], pending: PendingMatch | None) -> bool:
        """Whether messages of others took all credits that are gone, to the last one.

        OVH takes the credits when it accepts, and may list later. Any other difference, up or down, leaves it open
        whether the batch's own are among them; so do messages of others in the very moment of the snapshot.

        :param snapshot: credits and OVH's time right before the batch.
        :param gone: credits that are gone since.
        :param ids: OVH's ids of all messages that have left since.
        :param pending: the messages that wait, read after ``ids``: so no message counts twice.
        """
        if pending is None or pending.ours or pending.ambiguous or pending.truncated or len(ids) > MOST_READ:
            return False
        if self.client.outgoing.ids(tag=snapshot["tag"]):  # the batch's own have just come to light
            return False
        new = [each for each in ids if each not in self._read]
        self._read.update((each.id, each) for each in self.client.outgoing.iter(new))
        after = snapshot_end(snapshot)
        spent = [self._read[i].credits for i in ids if i in self._read and self._read[i].created > after]
        spent += [message.credits for message in pending.others if message.created > after]
        return bool(abs(gone - sum(spent)) < _NO_CREDIT)


def snapshot_end(snapshot: Mapping[str, Any]) -> datetime:
    """Return OVH's time right after the credits of a snapshot were read."""
    return datetime.fromisoformat(snapshot["ovh_time_after"])
