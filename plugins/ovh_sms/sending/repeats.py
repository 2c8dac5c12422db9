"""The rule that a run repeats no message of another run, and the digests that it compares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.contacts.already_sent import AlreadySentCheck
    from ovh_sms.contacts.receiver_digests import ReceiverDigester
    from ovh_sms.store.attempt_receivers import RepeatRule
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
        from ovh_sms.contacts.receiver_digests import ReceiverDigester

        return ReceiverDigester(store.identity.secret(), message=self.message, marketing=self.marketing)

    def rule(self) -> RepeatRule:
        """Return the rule by which the claim finds repetitions."""
        from ovh_sms.contacts.receiver_digests import message_key
        from ovh_sms.store.attempt_receivers import RepeatRule

        return RepeatRule(
            account=self.account,
            message_key=message_key(self.message, marketing=self.marketing),
            dag_id=self.dag_id,
            run_id=self.run_id,
            planned_at=self.planned_at,
            window=self.window,
        )

    def already_sent(self, store: Store) -> AlreadySentCheck:
        """Read whom other runs have sent the message to, for the preparation of the list."""
        from ovh_sms.contacts.already_sent import AlreadySentCheck

        earlier = store.attempt_receivers.earlier(self.rule())
        return AlreadySentCheck(self.digester(store), earlier, force=self.force)
