"""Works off the callbacks of an account. Each is a hint alone: what is stored is what OVH's API says.

So a reply is the same whichever way it came, and somebody who knows the secret can invent none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import ApiError
from ovh_sms.inbound.act import act
from ovh_sms.inbound.read_replies import ReplyReader
from ovh_sms.inbound.store_replies import store_replies
from ovh_sms.metrics import CALLBACKS, CALLBACKS_LEFT
from ovh_sms.store.callback_records import RECEIPT, REPLY, STOP

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.store.callback_records import Callback
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: A callback is known for so long, should OVH call again.
KEPT = timedelta(days=14)
#: A reply or a STOP that OVH does not list yet is read again for so long.
LISTED_WITHIN = timedelta(hours=1)
#: But no more than so many: each such reply takes a call, all STOPs together one.
MOST_LEFT = {REPLY: 100, STOP: 1_000}
_BLOCK = 1_000


@dataclass(kw_only=True)
class WorkedOff:
    """Counts of callbacks that were worked off.

    :param new: replies that were not stored before.
    :param by_action: new replies by action.
    :param opt_outs: people of STOPs whom OVH's list holds; if it does not, or a call names nobody, those who are new
        on it.
    :param left: callbacks about what OVH does not list yet; they are read again.
    """

    replies: int = 0
    receipts: int = 0
    stop_calls: int = 0
    new: int = 0
    opt_outs: int = 0
    left: int = 0
    by_action: Counter[str] = field(default_factory=Counter)


def work_off(client: OvhSmsClient, store: Store, rules: ReplyRules) -> WorkedOff:
    """Store the replies and STOPs that OVH has called about, and do what they ask for.

    Without a callback OVH is not called. What OVH does not list yet stays in the queue for an hour; then it is left to
    the next pull and the next read of the opt-outs, as is a reply that cannot be read. It may be killed and repeated at
    any time: the callbacks of a block stay in the queue until it is stored.

    :raises ovh_sms.errors.ApiError: OVH does not answer as it should; STOPs are worked off even if it shows no replies.

    Source: GET ``/sms/{serviceName}/incoming/{id}``, GET ``/sms/{serviceName}/blacklists``.
    """
    done = WorkedOff()
    failure: ApiError | None = None
    try:
        _replies(client, store, rules, done)
    except ApiError as error:
        failure = error
    _stop_calls(client, store, done)
    # They were counted when they came; the results get theirs from OVH's API.
    done.receipts = store.callbacks.handle_receipts(client.account_name)
    CALLBACKS.record(done.receipts, account=client.account_name, kind=RECEIPT)
    CALLBACKS_LEFT.record(done.left, account=client.account_name)
    store.callbacks.forget(store.clock.now() - KEPT)
    if done.replies or done.stop_calls or done.receipts or done.left:
        log.info(
            "callbacks account=%s replies=%d new=%d stop_calls=%d opt_outs=%d receipts=%d left=%d",
            *(client.account_name, done.replies, done.new, done.stop_calls, done.opt_outs, done.receipts, done.left),
        )
    if failure is not None:
        raise failure
    return done


def _replies(client: OvhSmsClient, store: Store, rules: ReplyRules, done: WorkedOff) -> None:
    account, left = client.account_name, 0
    reader = ReplyReader(store, account, rules)
    while waiting := store.callbacks.to_handle(account, REPLY, limit=_BLOCK, skip=left):
        ids = store.inbound.unknown(account, [int(each.ovh_id) for each in waiting])
        new = _store(client, store, reader, ids) if ids else []
        not_listed = set(store.inbound.unknown(account, ids)) - store.inbound.unreadable(account).keys()
        late = _to_leave(store, [each for each in waiting if int(each.ovh_id) in not_listed], MOST_LEFT[REPLY] - left)
        left += len(late)
        done.replies += _handle(store, waiting, late)
        done.new += len(new)
        done.by_action.update(each.action for each in new)
    done.left += left
    if done.replies:
        act(store, account)


def _store(client: OvhSmsClient, store: Store, reader: ReplyReader, ids: Sequence[int]) -> list[InboundMessage]:
    """Store replies; those that could not be read before come last, and hold none of the others up."""
    known = store.inbound.unreadable(client.account_name)
    first, again = [each for each in ids if each not in known], [each for each in ids if each in known]
    new = store_replies(client, store, reader, first) if first else []
    try:
        new += store_replies(client, store, reader, again) if again else []
    except ApiError as error:
        log.warning("replies that could not be read are left to the next pull: %s", error)
    return new


def _stop_calls(client: OvhSmsClient, store: Store, done: WorkedOff) -> None:
    account, left = client.account_name, 0
    listed: set[str] | None = None
    is_compared = False
    while waiting := store.callbacks.to_handle(account, STOP, limit=_BLOCK, skip=left):
        listed = set(client.blacklists.numbers()) if listed is None else listed
        leaving = {each.number for each in waiting if each.number is not None} & listed
        others = [each for each in waiting if each.number not in leaving]
        # A call need not name its person: people who are new on the list have said STOP.
        more: set[str] = set()
        if others and not is_compared:  # from then on all of them are known
            more, is_compared = set(store.opt_out_digests.unknown(account, sorted(listed))), True
        store.opt_out_digests.add(account, sorted(leaving | more))
        late = [each for each in others if each.number is not None or not more]
        late = _to_leave(store, late, MOST_LEFT[STOP] - left)
        left += len(late)
        done.stop_calls += _handle(store, waiting, late)
        done.opt_outs += len(leaving | more)
    done.left += left


def _to_leave(store: Store, not_listed: Sequence[Callback], most: int) -> list[Callback]:
    """Return the callbacks that stay in the queue, as OVH may list them within the hour."""
    since = store.clock.now() - LISTED_WITHIN
    young = [each for each in not_listed if each.received_at is not None and each.received_at > since]
    return young[: max(0, most)]


def _handle(store: Store, waiting: Sequence[Callback], late: Sequence[Callback]) -> int:
    """Take callbacks out of the queue but the late ones; returns how many."""
    stay = {each.key for each in late}
    keys = [each.key for each in waiting if each.key not in stay]
    CALLBACKS.record(store.callbacks.handled(keys), account=waiting[0].account, kind=waiting[0].kind)
    return len(keys)
