"""Works off the callbacks of an account. Each is a hint alone: what is stored is what OVH's API says.

So a reply is the same whichever way it came, and somebody who knows the secret can invent none.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.inbound.act import act
from ovh_sms.inbound.read_replies import ReplyReader
from ovh_sms.inbound.store_replies import store_replies
from ovh_sms.store.callback_records import REPLY, STOP

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: A callback is known for so long, should OVH call again.
KEPT = timedelta(days=14)
_BLOCK = 1_000


@dataclass(kw_only=True)
class WorkedOff:
    """Counts of callbacks that were worked off.

    :param new: replies that were not stored before.
    :param by_action: new replies by action.
    :param opt_outs: people of STOPs whom OVH's list holds.
    """

    replies: int = 0
    receipts: int = 0
    stop_calls: int = 0
    new: int = 0
    opt_outs: int = 0
    by_action: Counter[str] = field(default_factory=Counter)


def work_off(client: OvhSmsClient, store: Store, rules: ReplyRules) -> WorkedOff:
    """Store the replies and STOPs that OVH has called about, and do what they ask for.

    Without a callback OVH is not called. A reply or a STOP that OVH does not list yet is left to the next pull, and so
    is a reply that cannot be read. It may be killed and repeated at any time: the callbacks of a block stay in the
    queue until it is stored.

    Source: GET ``/sms/{serviceName}/incoming/{id}``, GET ``/sms/{serviceName}/blacklists``.
    """
    done = WorkedOff()
    _replies(client, store, rules, done)
    _stop_calls(client, store, done)
    # They were counted when they came; the results get theirs from OVH's API.
    done.receipts = store.callbacks.handle_receipts(client.account_name)
    store.callbacks.forget(store.clock.now() - KEPT)
    if done.replies or done.stop_calls or done.receipts:
        log.info(
            "callbacks account=%s replies=%d new=%d stop_calls=%d opt_outs=%d receipts=%d",
            *(client.account_name, done.replies, done.new, done.stop_calls, done.opt_outs, done.receipts),
        )
    return done


def _replies(client: OvhSmsClient, store: Store, rules: ReplyRules, done: WorkedOff) -> None:
    account = client.account_name
    reader = ReplyReader(store, account, rules)
    while waiting := store.callbacks.to_handle(account, REPLY, limit=_BLOCK):
        ids = store.inbound.unknown(account, [int(each.ovh_id) for each in waiting])
        new = store_replies(client, store, reader, ids) if ids else []
        store.callbacks.handled([each.key for each in waiting])
        done.replies += len(waiting)
        done.new += len(new)
        done.by_action.update(each.action for each in new)
    if done.replies:
        act(store, account)


def _stop_calls(client: OvhSmsClient, store: Store, done: WorkedOff) -> None:
    account = client.account_name
    listed: set[str] | None = None
    while waiting := store.callbacks.to_handle(account, STOP, limit=_BLOCK):
        numbers = {each.number for each in waiting if each.number}
        if numbers:
            listed = set(client.blacklists.numbers()) if listed is None else listed
            leaving = sorted(numbers & listed)
            store.opt_out_digests.add(account, leaving)
            done.opt_outs += len(leaving)
        store.callbacks.handled([each.key for each in waiting])
        done.stop_calls += len(waiting)
