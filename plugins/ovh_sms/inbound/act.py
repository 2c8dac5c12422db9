"""Does what replies ask for, once they are stored; it may be repeated, and a kill in between loses nothing.

The digest of somebody who opts out is stored with the reply itself. What is left is the count: the opt-out of a
submission, which is in the results only once its delivery receipts are collected.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.reply_words import OPT_OUT

if TYPE_CHECKING:
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store

#: A submission that is not collected by then never will be: its opt-outs are in no count.
COUNTED_WITHIN = timedelta(days=30)


def act(store: Store, account: str) -> int:
    """Count the opt-outs of replies for the submissions that they answer.

    :returns: how many actions are done.
    """
    from ovh_sms.store.erased_replies import ERASED
    from ovh_sms.store.models import OptOut

    waiting = store.inbound.to_act(account)
    by_tag: dict[str, list[InboundMessage]] = {}
    done: list[int] = []
    for each in waiting:
        if each.action == OPT_OUT and each.campaign is not None and each.number != ERASED:
            by_tag.setdefault(each.tag, []).append(each)
        else:
            done.append(each.inbound_id)
    recorded = store.submissions.recorded(by_tag)
    before = store.clock.now() - COUNTED_WITHIN
    for tag, replies in by_tag.items():
        if tag in recorded:
            counted = {each.receiver for each in store.opt_outs.of(tag)}
            new = [each for each in replies if each.number not in counted]
            if new:
                found = [OptOut(receiver=each.number, opted_out_at=each.received_at) for each in new]
                store.opt_outs.save(tag, found, are_its_own=True)
            done += [each.inbound_id for each in replies]
        else:
            done += [each.inbound_id for each in replies if each.received_at < before]
    store.inbound.acted(account, done)
    return len(done)
