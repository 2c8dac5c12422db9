"""Whether people have opted out by now: by the results of any account, or by OVH's list of this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.sending.receiver_files import digits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.store.opt_out_digests import OptOutsRead
    from ovh_sms.store.store import Store

#: OVH's list is read again once it is older: a task that writes hundreds of messages takes minutes.
LIST_LASTS = timedelta(seconds=30)


@dataclass(kw_only=True)
class OptedOutPeople:
    """Finds those who have opted out among some people. One object for a task.

    OVH's list is read once in a while, the results each time.

    Source: GET ``/sms/{serviceName}/blacklists``.
    """

    client: OvhSmsClient
    store: Store
    clock: Clock
    _listed: frozenset[int] = field(default=frozenset(), init=False)
    _read_at: float | None = field(default=None, init=False)
    _rows: int = field(default=0, init=False)

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

    def among(self, numbers: Sequence[str]) -> set[str]:
        """Return those of some numbers whose people have opted out.

        :param numbers: E.164.
        """
        if not numbers:
            return set()
        listed = self._on_list()
        known, self._rows = self.store.opt_out_digests.among(numbers)
        return known | {each for each in numbers if digits(each) in listed}

    def compared(self, numbers: Sequence[str]) -> OptOutsRead:
        """Return what some numbers of the last call were compared with: the claim asks whether it still holds."""
        import numpy as np

        from ovh_sms.contacts.classify.person_digests import PersonDigester
        from ovh_sms.store.opt_out_digests import OptOutsRead

        found = PersonDigester(self.store.identity.secret()).of_numbers(numbers)
        return OptOutsRead(rows=self._rows, receivers=np.array(found, dtype=np.int64).view(np.uint64))

    def _on_list(self) -> frozenset[int]:
        """E.164 digits of those on OVH's list of the account."""
        from ovh_sms.contacts.classify.suppression_files import suppressed_numbers

        now = self.clock.monotonic()
        if self._read_at is None or now - self._read_at > LIST_LASTS.total_seconds():
            self._listed = frozenset(suppressed_numbers(self.client.blacklists.numbers(), region="FR"))
            self._read_at = now
        return self._listed
