"""The messages that a claim names, by which another batch's reconciliation distinguishes them from its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.attempt_receivers import ClaimedReceivers


def claimed_messages(
    journal: Journal, messages: Sequence[tuple[str, str]], *, account: str, dag_id: str, tag: str
) -> ClaimedReceivers:
    """Return the receivers and texts of one write, as keyed digests. They neither count as repeats nor are blocked.

    :param messages: pairs of a number, E.164, and the text that it receives.
    :param dag_id: the name under which the journal keeps such writes.
    :param tag: of the write.
    """
    import numpy as np

    from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL, ReceiverDigester
    from ovh_sms.store.attempt_receivers import ClaimedReceivers, RepeatRule

    rule = RepeatRule(
        account=account, message_key=TRANSACTIONAL, dag_id=dag_id, run_id=tag, planned_at=None, window=timedelta(0)
    )
    digester = ReceiverDigester.of_message_key(journal.store.identity.secret(), TRANSACTIONAL)
    return ClaimedReceivers(rule=rule, digests=np.sort(digester.of_rows([("number", "text"), *messages])))
