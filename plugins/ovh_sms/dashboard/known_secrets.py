"""The secrets of callbacks that this process knows: read from the results, a new one within a second."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from ovh_sms.inbound.callback_addresses import account_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ovh_sms.store.callback_records import CallbackSecret
    from ovh_sms.store.store import Store

#: Seconds after which they are read again, if a secret is not known and if all are: forged calls make no more reads.
AGAIN_AFTER, OLD_AFTER = 1.0, 30.0


class KnownSecrets:
    """Finds the account of a secret.

    :param open_store: returns the results.
    """

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open = open_store
        self._reading = asyncio.Lock()
        self._known: list[CallbackSecret] = []
        self._read_at = float("-inf")
        #: Keys the digests of secrets and callbacks.
        self.key = b""

    async def account(self, secret: str) -> str | None:
        """Return the account of a secret; ``None`` if it is not known, or not valid any more."""
        found = self._find(secret)
        if time.monotonic() - self._read_at > (AGAIN_AFTER if found is None else OLD_AFTER):
            async with self._reading:
                if time.monotonic() - self._read_at > AGAIN_AFTER:
                    await asyncio.to_thread(self._read)
            found = self._find(secret)
        return found

    def _find(self, secret: str) -> str | None:
        found = account_of(secret, self._known, self.key)
        if found is None or (found.ends_at is not None and found.ends_at <= self._open().clock.now()):
            return None
        return found.account

    def _read(self) -> None:
        store = self._open()
        self.key, self._known = store.identity.secret(), store.callback_secrets.valid()
        self._read_at = time.monotonic()
