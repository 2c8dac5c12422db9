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
    from ovh_sms.store.store import Store

#: OVH's list is read again once it is older.
LIST_LASTS = timedelta(seconds=30)


@dataclass(kw_only=True)
class OptedOutPeople:
    """Finds those who have opted out among some people. OVH's list is read once in a while, the results each time.

    Source: GET ``/sms/{serviceName}/blacklists``.
    """

    client: OvhSmsClient
    store: Store
    clock: Clock
    _listed: frozenset[int] = field(default=frozenset(), init=False)
    _read_at: float | None = field(default=None, init=False)

    def among(self, numbers: Sequence[str]) -> set[str]:
        """Return those of some numbers whose people have opted out.

        :param numbers: E.164.
        """
        import numpy as np

        if not numbers:
            return set()
        listed, known = self._on_list(), self.store.opt_out_digests.opted_out()
        found = {each for each in numbers if digits(each) in listed}
        if known:
            keys = np.array([digits(each) for each in numbers], dtype=np.int64)
            found |= {each for each, out in zip(numbers, known.contains(keys), strict=True) if out}
        return found

    def _on_list(self) -> frozenset[int]:
        """E.164 digits of those on OVH's list of the account."""
        from ovh_sms.contacts.classify.suppression_files import suppressed_numbers

        now = self.clock.monotonic()
        if self._read_at is None or now - self._read_at > LIST_LASTS.total_seconds():
            self._listed = frozenset(suppressed_numbers(self.client.blacklists.numbers(), region="FR"))
            self._read_at = now
        return self._listed
