"""Reads replies by id from OVH and stores them; one that cannot be read holds none of the others up."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.read_replies import ReplyReader
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Replies that are stored in one transaction at most.
BLOCK = 1_000


def store_replies(
    client: OvhSmsClient, store: Store, reader: ReplyReader, ids: Sequence[int], *, read_up_to: datetime | None = None
) -> list[InboundMessage]:
    """Store the replies of some ids that are not stored yet; keep the ids of those that cannot be read.

    :param read_up_to: the account's mark, which moves with the last of them.
    :returns: the replies that were new.
    :raises ovh_sms.errors.ApiError: OVH answers no more; what was read before is stored, and the mark is not moved.

    Source: GET ``/sms/{serviceName}/incoming/{id}``.
    """
    account, new = client.account_name, []
    for at in range(0, max(len(ids), 1), BLOCK):
        read = client.incoming.read(ids[at : at + BLOCK])
        is_last = at + BLOCK >= len(ids) and read.stopped_by is None
        new += store.inbound.save(
            account,
            reader.read(read.found),
            read_up_to=read_up_to if is_last else None,
            unreadable=read.unreadable,
            gone=read.gone,
        )
        for number, reason in read.unreadable.items():
            log.error("reply id=%d of account=%s cannot be read: %s", number, account, reason)
        if read.stopped_by is not None:
            raise read.stopped_by
    return new
