"""Counts the runs that could not reach a number for good: a number that fails again and again is written to no more."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from ovh_sms.messaging.delivery_status import DeliveryStatus, NumberAction, action_after
from ovh_sms.messaging.number_hash import number_hash
from ovh_sms.settings import number_hash_key

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.person_digests import PersonDigester
    from ovh_sms.store.store import Store
    from ovh_sms.store.suppressed import SuppressedNumber

log = logging.getLogger(__name__)
_BLOCK = 10_000


def read_failures(store: Store, account: str) -> int:
    """Count the failures of the submissions that were collected since the last time; may be repeated.

    A failure is for good if its cause asks for the number's removal, such as *invalid number*. A message that is
    delivered later makes the number good again.

    :returns: how many submissions were read.
    """
    unread = store.failures.unread(account)
    for tag, collected_at in unread:
        changed = _read(store, account, tag)
        store.failures.is_read(tag, collected_at)
        log.info("failures tag=%s numbers=%d", tag, changed)
    return len(unread)


def _read(store: Store, account: str, tag: str) -> int:
    """Count the failures of one submission; returns how many numbers have another count."""
    from ovh_sms.contacts.classify.person_digests import PersonDigester
    from ovh_sms.store.erased_replies import ERASED

    digester = PersonDigester(store.identity.secret())
    for_good = cache(_is_for_good)
    failed = {
        number: at
        for number, code, at in store.failures.ended(tag, DeliveryStatus.FAILED.value)
        if for_good(code) and number != ERASED
    }
    for number in store.failures.reached_later(failed):
        del failed[number]
    numbers = dict(zip(digester.of_numbers(list(failed)), failed, strict=True))
    before, known = store.failures.of_tag(tag), store.suppressed.failed()
    reached = _reached(store, tag, digester, known) if known else {}
    store.failures.save(account, tag, {digest: failed[number] for digest, number in numbers.items()}, reached)
    changed = before | numbers.keys() | reached.keys()
    for each in {account, *store.suppressed.accounts_with_failed()}:  # reached by one account is reached
        _store(store, each, changed, numbers if each == account else {})
    return len(changed)


def _is_for_good(code: int | None) -> bool:
    return action_after(code, DeliveryStatus.FAILED) is NumberAction.REMOVE


def _reached(store: Store, tag: str, digester: PersonDigester, known: Collection[int]) -> dict[int, datetime]:
    """When numbers that had failed before got a message of a submission, by their digests."""
    found: dict[int, datetime] = {}
    delivered = ((number, at) for number, _, at in store.failures.ended(tag, DeliveryStatus.DELIVERED.value))
    while block := list(islice(delivered, _BLOCK)):
        digests = digester.of_numbers([number for number, _ in block])
        found |= {digest: at for digest, (_, at) in zip(digests, block, strict=True) if digest in known}
    return found


def _store(store: Store, account: str, changed: Collection[int], numbers: Mapping[int, str]) -> None:
    """Bring the suppressed numbers of an account in line with the counts."""
    from ovh_sms.store.suppressed import FAILED, SuppressedNumber

    key, counts = number_hash_key(), store.failures.counts(account, changed)
    rows: list[SuppressedNumber] = []
    for digest, count in counts.items():
        number = numbers.get(digest)
        rows.append(
            SuppressedNumber(
                account=account,
                digest=digest,
                reason=FAILED,
                since=count.last.at,
                number=number if key is None else None,
                number_hash=number_hash(number, key) if key is not None and number is not None else None,
                campaign=count.last.campaign,
                dag_id=count.last.dag_id,
                run_id=count.last.run_id,
                tag=count.last.tag,
                failures=count.runs,
            )
        )
    store.suppressed.set_failed(account, rows, set(changed) - counts.keys())
