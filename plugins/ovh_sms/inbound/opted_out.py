"""Whether a person has opted out by now: by the results of any account, or by OVH's list of this one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.sending.receiver_files import digits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.store.store import Store

#: OVH's list is read again once it is older: a task that makes hundreds of answers takes minutes.
LIST_LASTS = timedelta(seconds=30)


@dataclass(kw_only=True)
class OptOutCheck:
    """Knows who has opted out. One object for a task: OVH's list is read once in a while, the results each time.

    Source: GET ``/sms/{serviceName}/blacklists``.
    """

    client: OvhSmsClient
    store: Store
    clock: Clock
    _listed: frozenset[int] = field(default=frozenset(), init=False)
    _read_at: float | None = field(default=None, init=False)

    def has(self, number: str) -> bool:
        """Return whether a person has opted out.

        :param number: E.164.
        """
        return self.is_known(number) or digits(number) in self._on_list()

    def is_known(self, number: str) -> bool:
        """Return whether the results know that a person has opted out of the messages of any account.

        :param number: E.164.
        """
        return self.store.opt_out_digests.has(number)

    def _on_list(self) -> frozenset[int]:
        """E.164 digits of those on OVH's list of the account."""
        from ovh_sms.contacts.classify.suppression_files import suppressed_numbers

        now = self.clock.monotonic()
        if self._read_at is None or now - self._read_at > LIST_LASTS.total_seconds():
            self._listed = frozenset(suppressed_numbers(self.client.blacklists.numbers(), region="FR"))
            self._read_at = now
        return self._listed
