"""Compares OVH's settings with the addresses that it is to call: the change is shown before it is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ovh_sms.errors import ConfigurationError
from ovh_sms.inbound.callback_addresses import MASKED, address_of, digest_of, masked, new_secret, secret_in
from ovh_sms.inbound.callback_settings import FIELDS, TYPE_FIELD, value_of
from ovh_sms.inbound.callback_url import check_url
from ovh_sms.store.callback_records import KINDS, REPLY

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.callback_records import CallbackSecret
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class WantedCallbacks:
    """The callbacks that are wanted.

    :param url: address of Airflow's API server as OVH reaches it, with its path; ``None`` for no callbacks.
    :param kinds: of ``receipt``, ``reply`` and ``stop``; the others are not touched.
    :param login: of a user, who gets delivery receipts and STOPs alone; the account's own settings without it.
    :param rotate: with a new secret.
    :param replace: also where another program's address stands, or OVH answers replies by a text.
    """

    url: str | None
    kinds: Collection[str] = KINDS
    login: str | None = None
    rotate: bool = False
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change of one setting.

    :param field: OVH's name.
    :param was_ours: whether the address before is one of this Airflow.
    """

    field: str
    before: str | None = attribute(repr=False)
    after: str | None = attribute(repr=False)
    was_ours: bool = False

    def __str__(self) -> str:
        """Say it without any address, for logs."""
        if self.field == TYPE_FIELD:
            return self.shown
        before = "nothing" if self.before is None else "ours" if self.was_ours else "another program's"
        after = "nothing" if self.after is None else "a new one" if self.was_ours else "ours"
        return f"{self.field}: {before} -> {after}"

    @property
    def shown(self) -> str:
        """The change with its addresses, for the person who makes it: without a secret, and another's as a host."""
        before = self.before or "nothing"
        if self.before and not self.was_ours and self.field != TYPE_FIELD:
            before = _host_of(self.before)
        shown, after = masked(before), masked(self.after or "nothing")
        return f"{self.field}: {shown} -> {f'{after}, with a new secret' if shown == after else after}"


@dataclass(frozen=True, kw_only=True)
class CallbackPlan:
    """The changes that are to be made.

    :param settings: as OVH holds them.
    :param secret: of the new addresses; ``None`` without any.
    """

    account: str
    wanted: WantedCallbacks
    settings: Mapping[str, Any] = attribute(repr=False)
    secret: str | None = attribute(repr=False)
    changes: tuple[Change, ...]

    @property
    def lines(self) -> list[str]:
        """The changes with their addresses, without the secrets."""
        return [each.shown for each in self.changes] or ["Nothing is to be changed."]

    @property
    def private(self) -> set[str]:
        """The secrets and addresses that no log may hold."""
        given = {self.secret, *(each.before for each in self.changes if each.field != TYPE_FIELD)}
        given |= {secret_in(value_of(self.settings, field)) for field in FIELDS.values()}
        return {each for each in given if each}


def plan_callbacks(client: OvhSmsClient, store: Store, wanted: WantedCallbacks) -> CallbackPlan:
    """Read the settings, and compare them with the callbacks that are wanted. Nothing is changed.

    An address with a valid secret keeps it, unless a new one is wanted.

    Source: GET ``/sms/{serviceName}``, GET ``/sms/{serviceName}/users/{login}``.

    :raises ConfigurationError: the address is none that OVH may call, a kind is not known, or another program's address
        stands there.
    """
    kinds = _checked(wanted, is_sandbox=client.is_sandbox)
    settings = client.callbacks.read(wanted.login)
    planner = _Planner(client, store, wanted, settings)
    changes = [planner.change(kind) for kind in kinds]
    if REPLY in kinds:
        changes.append(planner.type_change())
    made = tuple(each for each in changes if each is not None and each.before != each.after)
    if not wanted.replace:
        _refuse_others(made, client.account_name)
    return CallbackPlan(
        account=client.account_name, wanted=wanted, settings=settings, secret=planner.secret, changes=made
    )


def _checked(wanted: WantedCallbacks, *, is_sandbox: bool) -> list[str]:
    unknown = sorted(set(wanted.kinds) - set(KINDS))
    if unknown or not wanted.kinds:
        raise ConfigurationError(
            f"There is no callback {unknown[0] if unknown else 'without a kind'}.",
            action=f"Nothing was changed. Give some of {', '.join(KINDS)}.",
        )
    if wanted.login is not None and set(wanted.kinds) == {REPLY}:
        raise ConfigurationError(
            "OVH calls about replies for the account alone, not for one of its users.",
            action="Nothing was changed. Leave the user out.",
        )
    if wanted.url is not None:
        check_url(wanted.url, is_sandbox=is_sandbox)
    return [kind for kind in KINDS if kind in wanted.kinds and not (kind == REPLY and wanted.login)]


class _Planner:
    """Compares the settings of the account or of one user with the callbacks that are wanted."""

    def __init__(
        self, client: OvhSmsClient, store: Store, wanted: WantedCallbacks, settings: Mapping[str, Any]
    ) -> None:
        self._wanted = wanted
        self._settings = settings
        self._key = store.identity.secret()
        self._now = store.clock.now()
        self._known = {each.digest: each for each in store.callback_secrets.of(client.account_name)}
        #: Of the new addresses; ``None`` without any.
        self.secret = None if wanted.url is None else (None if wanted.rotate else self._in_use()) or new_secret()

    def _ours(self, address: str | None) -> CallbackSecret | None:
        """The secret of an address, if these results have made it for this account."""
        secret = secret_in(address)
        return self._known.get(digest_of(secret, self._key)) if secret is not None else None

    def _in_use(self) -> str | None:
        """The secret in the addresses that stand there, if it is valid."""
        for name in FIELDS.values():
            address = value_of(self._settings, name)
            it = self._ours(address)
            if it is not None and it.ends_at > self._now:
                return secret_in(address)
        return None

    def change(self, kind: str) -> Change | None:
        """Return the change of one address."""
        before = value_of(self._settings, FIELDS[kind])
        was_ours = self._ours(before) is not None
        if self._wanted.url is None and before is not None and not was_ours:
            return None  # another program's stays
        after = None
        if self._wanted.url is not None and self.secret is not None:
            after = address_of(self._wanted.url, self.secret, kind)
        return Change(field=FIELDS[kind], before=before, after=after, was_ours=was_ours)

    def type_change(self) -> Change | None:
        """OVH calls the address of replies only if they are answered by one."""
        before = value_of(self._settings, TYPE_FIELD) or "none"
        if self._wanted.url is not None:
            return Change(field=TYPE_FIELD, before=before, after="cgi")
        is_ours = self._ours(value_of(self._settings, FIELDS[REPLY])) is not None
        return Change(field=TYPE_FIELD, before=before, after="none") if is_ours and before == "cgi" else None


def _refuse_others(changes: Collection[Change], account: str) -> None:
    for each in changes:
        is_type = each.field == TYPE_FIELD
        if each.before == "text" if is_type else each.before is not None and not each.was_ours:
            held = "answers replies by a text" if is_type else "holds another program's address"
            raise ConfigurationError(
                f"The setting {each.field} of {account} {held}.",
                action="Nothing was changed. Leave this kind out, or have it replaced. The address of another Airflow, "
                "or of results that were restored without it, is another program's too.",
            )


def _host_of(address: str) -> str:
    """Another program's address, without what it may hide in its path."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    return f"{MASKED} of {host}" if host else MASKED
