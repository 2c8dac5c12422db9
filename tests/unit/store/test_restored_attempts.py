"""Attempts that a restoration has read from OVH: a second one adds to what the first one has recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL
from ovh_sms.store.attempt_receivers import RepeatRule
from ovh_sms.store.store import Store

NOW = datetime.now(UTC)


def test_who_waited_at_the_first_restoration_and_has_left_at_the_second_is_remembered(store: Store) -> None:
    given = {"account": "a", "message_key": TRANSACTIONAL, "message_ids": None}
    store.restored_attempts.add("t", digests=np.array([1, 2], dtype=np.uint64), at=NOW, **given)
    store.restored_attempts.add("t", digests=np.array([3], dtype=np.uint64), at=NOW - timedelta(hours=1), **given)
    rule = RepeatRule(
        account="a", message_key=TRANSACTIONAL, dag_id="d", run_id="r", planned_at=None, window=timedelta(hours=1)
    )
    again = store.attempt_receivers.earlier(rule).already_sent(np.array([1, 2, 3, 4], dtype=np.uint64))
    assert again.tolist() == [True, True, True, False]


def test_a_tag_is_unknown_on_each_account_by_itself(store: Store) -> None:
    store.restored_attempts.add(
        "t", account="a", message_key=TRANSACTIONAL, digests=np.array([1], dtype=np.uint64), at=NOW, message_ids=None
    )
    assert store.restored_attempts.unknown({"t", "u"}, "a") == {"u"}
    assert store.restored_attempts.unknown({"t"}, "b") == {"t"}
