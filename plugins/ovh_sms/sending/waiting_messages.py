"""Messages that waited at OVH at a snapshot: did somebody else withdraw some since? OVH refunds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.columns import distinct
from ovh_sms.sending.packed_ids import pack_ids, unpack_ids
from ovh_sms.store.models import LONGEST_WAIT

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Message
    from ovh_sms.idempotency.account_records import AccountRecords

#: Calls in which the waiting messages that the journal does not know are read for a snapshot; if there are more, none.
MOST_CALLS_BEFORE = 10
#: Calls in which the messages that have left are read later.
MOST_CALLS = 100


@dataclass
class WaitingMessages:
    """Records the messages that wait, and says later whether all of them still wait or have left.

    OVH does not promise that a message keeps its id when it leaves. One that the journal knows is counted by its tag,
    another one by its date, delay and segments.
    """

    client: OvhSmsClient
    records: AccountRecords

    def snapshot(self) -> dict[str, Any]:
        """Record what waits now, without numbers and texts: JSON values.

        Source: GET ``/sms/{serviceName}/jobs`` and ``/jobs/{id}``.
        """
        import numpy as np

        # Eight bytes for each: a campaign of a million messages may wait.
        waiting = distinct(np.array(self.client.jobs.pending_ids(), dtype=np.int64))
        known = self.records.message_ids() if len(waiting) else waiting
        is_known = np.isin(waiting, known)
        found = self.client.jobs.read_within(waiting[~is_known].tolist(), MOST_CALLS_BEFORE)
        if found is None:
            return {"ids": pack_ids(waiting), "unknown": {}}
        # One that left while it was read does not wait any more.
        ids = np.concatenate((waiting[is_known], np.array([each.id for each in found], dtype=np.int64)))
        return {"ids": pack_ids(ids), "unknown": {str(each.id): _key(each) for each in found}}

    def may_be_withdrawn(self, snapshot: Mapping[str, Any], at: datetime, *, withdrawn_since: datetime) -> bool:
        """Return whether others may have withdrawn a message that waited.

        :param at: when the snapshot was made, OVH's time.
        :param withdrawn_since: a message that the journal withdrew earlier than this did not wait at the snapshot.

        Source: GET ``/sms/{serviceName}/jobs``, ``/outgoing`` and ``/outgoing/{id}``.
        """
        # First what waits: a message that leaves in between is found among those that have left.
        waiting = set(self.client.jobs.pending_ids())
        withdrawals = self.records.withdrawn_since(at - LONGEST_WAIT)
        withdrawn = {each.message_id for each in withdrawals if each.at >= withdrawn_since}
        gone = unpack_ids(snapshot["ids"]) - waiting - withdrawn
        if not gone:
            return False
        accounted = waiting | {each.message_id for each in withdrawals}
        for tag, ids in self.records.message_ids_by_tag().items():
            if gone.isdisjoint(ids):
                continue
            if self.client.outgoing.count(tag=tag) < len(ids - accounted):
                return True
            gone -= ids
        unknown = snapshot["unknown"]
        if any(str(each) not in unknown for each in gone):
            return True
        # Those of an OVH batch have no known ids: exactly as many are gone as the journal has cancelled.
        ovh_batches = [each for each in withdrawals if each.is_ovh_batch and each.at >= withdrawn_since]
        cancelled = sum(each.messages for each in ovh_batches if each.created_at < at)
        return self._not_left([unknown[str(each)] for each in gone]) not in (0, cancelled)

    def _not_left(self, keys: Sequence[Sequence[Any]]) -> int | None:
        """Count the messages that are gone and have not left; ``None`` if that is not known."""
        if not keys:
            return 0
        created = [datetime.fromisoformat(each[0]) for each in keys]
        ids = self.client.outgoing.ids(created_from=min(created), created_to=max(created))
        found = self.client.outgoing.read_within(ids, MOST_CALLS)
        if found is None:
            return None
        left = Counter(tuple(_key(each)) for each in found)
        return (Counter(tuple(each) for each in keys) - left).total()


def _key(message: Message) -> list[Any]:
    return [message.created.isoformat(), message.delay_minutes, message.segments]
