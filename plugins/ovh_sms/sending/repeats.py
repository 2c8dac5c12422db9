"""The rule that a run repeats no message of another run, and the digests that it compares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.sending.receiver_files import digits

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.already_sent import AlreadySentCheck
    from ovh_sms.contacts.classify.receiver_digests import Digests, ReceiverDigester
    from ovh_sms.store.attempt_receivers import ClaimedReceivers, RepeatRule
    from ovh_sms.store.store import Store

#: How long nobody gets the same message again.
DUPLICATE_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class RunMessage:
    """The message of one run.

    :param message: with its ``#column#`` placeholders.
    :param marketing: whether it is known by number and message; else by number and text as received.
    :param planned_at: when the schedule planned the run; ``None`` for a run started by hand.
    :param window: ``duplicate_window``.
    :param force: whether people get it again all the same.
    """

    message: str
    marketing: bool
    account: str
    dag_id: str
    run_id: str
    planned_at: datetime | None
    window: timedelta = DUPLICATE_WINDOW
    force: bool = False

    def digester(self, store: Store) -> ReceiverDigester:
        """Return what computes the digests of the message's receivers, under the store's secret."""
        from ovh_sms.contacts.classify.receiver_digests import ReceiverDigester

        return ReceiverDigester(store.identity.secret(), message=self.message, marketing=self.marketing)

    def digests(
        self,
        store: Store,
        *,
        list_path: Path | None = None,
        numbers: Sequence[str] | None = None,
        only: Collection[int] | None = None,
    ) -> Digests | None:
        """Compute the digests of a batch's receivers, before the claim that checks and records them.

        :param list_path: prepared list of the batch; or
        :param numbers: its numbers, for a message without columns.
        :param only: E.164 digits of the receivers wanted, such as the refused ones; by default all of them.
        :returns: sorted digests; ``None`` if nobody knows the receivers.
        """
        import numpy as np

        from ovh_sms.contacts.classify.receiver_digests import list_digests

        if list_path is not None:
            return list_digests(list_path, self.digester(store), only=only)
        if numbers is None:
            return None
        wanted = [number for number in numbers if only is None or digits(number) in only]
        return np.sort(self.digester(store).of_rows([("number",), *((number,) for number in wanted)]))

    def rule(self) -> RepeatRule:
        """Return the rule by which the claim finds repetitions."""
        from ovh_sms.contacts.classify.receiver_digests import message_key
        from ovh_sms.store.attempt_receivers import RepeatRule

        return RepeatRule(
            account=self.account,
            message_key=message_key(self.message, marketing=self.marketing),
            dag_id=self.dag_id,
            run_id=self.run_id,
            planned_at=self.planned_at,
            window=self.window,
        )

    def claimed(self, digests: Digests) -> ClaimedReceivers:
        """Return the receivers of a batch for its claim.

        :param digests: sorted.
        """
        from ovh_sms.store.attempt_receivers import ClaimedReceivers

        return ClaimedReceivers(rule=self.rule(), digests=digests, force=self.force)

    def already_sent(self, store: Store) -> AlreadySentCheck:
        """Read whom other runs have sent the message to, for the preparation of the list."""
        from ovh_sms.contacts.classify.already_sent import AlreadySentCheck

        earlier = store.attempt_receivers.earlier(self.rule())
        return AlreadySentCheck(self.digester(store), earlier, force=self.force)
