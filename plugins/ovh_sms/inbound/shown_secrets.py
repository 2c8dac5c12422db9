"""The secrets that OVH's settings show: these stay valid, and every other one ends by itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import NotFound
from ovh_sms.inbound.callback_addresses import digest_of, secret_in
from ovh_sms.inbound.callback_settings import FIELDS, value_of

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: A secret stays valid for so long after OVH's settings have shown it: OVH may still repeat a call to an old address.
VALID_FOR = timedelta(days=7)
#: The settings are read again once in so long.
CHECKED_EVERY = timedelta(days=1)
#: A secret that ended longer ago is read no more.
_CHECKED_FOR = timedelta(days=30)

#: A user, or ``None`` for the account itself, and OVH's name of the setting.
Place = tuple[str | None, str]


@dataclass(frozen=True, kw_only=True)
class ShownSecrets:
    """The secrets in the settings of an account and its users.

    :param read_at: moment before they were read.
    :param digests: of the secrets, by their setting.
    """

    read_at: datetime
    digests: Mapping[Place, str]

    def after(self, read_at: datetime, login: str | None, digests: Mapping[Place, str]) -> ShownSecrets:
        """Return the same with the settings of the account itself or of one user read anew."""
        kept = {place: digest for place, digest in self.digests.items() if place[0] != login}
        return ShownSecrets(read_at=read_at, digests={**kept, **digests})

    def settings_with(self, digests: set[str]) -> list[str]:
        """Name the settings that show some secrets, such as ``user desk: callBack``."""
        found = [place for place, digest in self.digests.items() if digest in digests]
        return [field if login is None else f"user {login}: {field}" for login, field in found]


def read_shown(client: OvhSmsClient, store: Store) -> ShownSecrets:
    """Read the secrets in the settings of an account and of all its users, and keep them valid.

    Source: GET ``/sms/{serviceName}``, GET ``/sms/{serviceName}/users``, GET ``/sms/{serviceName}/users/{login}``.
    """
    read_at, key = store.clock.now(), store.identity.secret()
    found = digests_in(client.callbacks.read(), None, key)
    for login in client.callbacks.logins():
        try:
            found |= digests_in(client.callbacks.read(login), login, key)
        except NotFound:
            continue  # deleted meanwhile
    shown = ShownSecrets(read_at=read_at, digests=found)
    keep_shown(store, client.account_name, shown)
    return shown


def digests_in(settings: Mapping[str, Any], login: str | None, key: bytes) -> dict[Place, str]:
    """Return the digests of the secrets in some settings, by their setting."""
    secrets = {(login, field): secret_in(value_of(settings, field)) for field in FIELDS.values()}
    return {place: digest_of(secret, key) for place, secret in secrets.items() if secret is not None}


def keep_shown(store: Store, account: str, shown: ShownSecrets) -> None:
    """Keep the secrets valid that were shown; one that the results do not know stays unknown."""
    digests = set(shown.digests.values())
    store.callback_secrets.keep(account, digests, read_at=shown.read_at, ends_at=shown.read_at + VALID_FOR)


def check_secrets(client: OvhSmsClient, store: Store) -> bool:
    """Compare the secrets of an account with OVH's settings, if that is due: once a day, and after a change.

    So a secret ends even if the process that replaced it was killed, its address was removed in OVH's manager, or the
    account is read no more.

    Source: see :func:`read_shown`.

    :returns: whether it was due.
    """
    account, now = client.account_name, store.clock.now()
    known = [each for each in store.callback_secrets.of(account) if each.ends_at > now - _CHECKED_FOR]
    if not any(each.checked_at is None or each.checked_at <= now - CHECKED_EVERY for each in known):
        return False
    shown = read_shown(client, store)
    digests = set(shown.digests.values())
    ending = store.callback_secrets.end_others(account, digests, read_at=shown.read_at)
    log.info("secrets of callbacks account=%s shown=%d ending=%d", account, len(digests), ending)
    return True
