"""The secrets of callbacks that this process knows: read from the results, a change within seconds."""

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
AGAIN_AFTER, OLD_AFTER = 1.0, 5.0


class SecretsNotRead(Exception):
    """The results could not be read just now: they are not asked again for each call."""


class KnownSecrets:
    """Finds the account of a secret.

    :param open_store: returns the results.
    """

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open = open_store
        self._reading = asyncio.Lock()
        self._known: list[CallbackSecret] = []
        self._read_at = self._failed_at = float("-inf")
        #: Keys the digests of secrets and callbacks.
        self.key = b""

    async def account(self, secret: str) -> str | None:
        """Return the account of a secret; ``None`` if it is not known, or not valid any more.

        :raises Exception: the results cannot be read.
        """
        found = self._find(secret)
        most = AGAIN_AFTER if found is None else OLD_AFTER
        if time.monotonic() - self._read_at > most:
            await self._read_again(most)
            found = self._find(secret)
        return found

    async def _read_again(self, most: float) -> None:
        """Read them, unless another call has done so meanwhile, or has failed to."""
        async with self._reading:
            now = time.monotonic()
            if now - self._read_at <= most:
                return
            if now - self._failed_at <= AGAIN_AFTER:
                raise SecretsNotRead
            try:
                await asyncio.to_thread(self._read)
            except Exception:
                self._failed_at = time.monotonic()
                raise

    def _find(self, secret: str) -> str | None:
        found = account_of(secret, self._known, self.key)
        if found is None or found.ends_at <= self._open().clock.now():
            return None
        return found.account

    def _read(self) -> None:
        store = self._open()
        self.key, self._known = store.identity.secret(), store.callback_secrets.valid()
        self._read_at = time.monotonic()
