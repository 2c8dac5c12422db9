"""Reads the replies of an account right before a batch is submitted: who opts out by one of them is left out."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import Unavailable
from ovh_sms.inbound.pull import FIRST_READ, OVERLAP, pull
from ovh_sms.inbound.read_replies import e164
from ovh_sms.inbound.store_replies import BLOCK
from ovh_sms.reply_words import always_opting_out

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: A reply that OVH does not show as it should keeps batches waiting for so long: it may be a STOP.
UNREADABLE_HOLDS = timedelta(minutes=10)


def read_replies(client: OvhSmsClient, store: Store, rules: ReplyRules | None) -> None:
    """Read the replies since the last pull.

    :param rules: those of ``sms_replies``: the replies are stored as it would store them. Without rules nothing is
        stored but the digests of people whose words opt out in any campaign.
    :raises Unavailable: OVH does not show one of them since less than ten minutes.
    :raises ovh_sms.errors.ApiError: they cannot be listed or read.

    Source: GET ``/sms/{serviceName}/incoming``, GET ``/sms/{serviceName}/incoming/{id}``.
    """
    if rules is None:
        _remember_opt_outs(client, store)
    else:
        pull(client, store, rules)
    account = client.account_name
    unreadable = store.inbound.unreadable(account, since=store.clock.now() - UNREADABLE_HOLDS)
    if unreadable:
        raise Unavailable(
            f"OVH does not show {len(unreadable):,} replies of {account} as it should, and one of them may be a STOP.",
            action="Nothing was sent. The batch waits until they can be read, and ten minutes at most.",
        )


def _remember_opt_outs(client: OvhSmsClient, store: Store) -> None:
    """Keep the digests of those who certainly opt out; the replies themselves are left to ``sms_replies``."""
    account, now = client.account_name, client.time().replace(microsecond=0)
    mark = store.inbound.mark(account)
    since = (now - FIRST_READ if mark is None else min(mark, now)) - OVERLAP
    ids, leaving = store.inbound.unknown(account, client.incoming.ids(created_from=since)), 0
    for at in range(0, len(ids), BLOCK):
        read = client.incoming.read(ids[at : at + BLOCK])
        numbers = [e164(each.sender) for each in read.found if always_opting_out([each.message])]
        store.opt_out_digests.add(account, numbers)
        leaving += len(numbers)
        store.inbound.save(account, [], unreadable=read.unreadable, gone=read.gone)
        if read.stopped_by is not None:
            raise read.stopped_by
    log.info("replies read=%d opt_outs=%d; they are stored by sms_replies", len(ids), leaving)
