"""Sets the addresses that OVH calls: shows the change first, and keeps what else stands there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ovh_sms.errors import ConfigurationError
from ovh_sms.inbound.callback_addresses import account_of, address_of, digest_of, masked, new_secret, secret_in
from ovh_sms.store.callback_records import KINDS, RECEIPT, REPLY, STOP

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store

#: A secret that was replaced stays valid for so long: OVH may still call the old address.
KEEP_OLD = timedelta(days=7)
#: Every API server knows a new secret by then.
_KNOWN_AFTER = 2.0
_RESPONSE, _CGI = "smsResponse", "cgiUrl"
#: OVH's names of the settings, by the kind of callback. A user has none for replies.
FIELDS = {RECEIPT: "callBack", STOP: "stopCallBack", REPLY: f"{_RESPONSE}.{_CGI}"}
_TYPE = f"{_RESPONSE}.responseType"
#: What OVH changes by itself, or must not be shown.
_NOT_OURS = frozenset({"creditsLeft", "creditsHoldByQuota", "userQuantityWithQuota", "iam", "status", "password"})


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
    """

    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """Say it without the secret."""
        return f"{self.field}: {masked(self.before or 'nothing')} -> {masked(self.after or 'nothing')}"


@dataclass(frozen=True, kw_only=True)
class CallbackPlan:
    """The changes that are to be made.

    :param settings: as OVH holds them.
    :param secret: of the new addresses; ``None`` without any.
    """

    account: str
    wanted: WantedCallbacks
    settings: Mapping[str, Any]
    secret: str | None
    changes: tuple[Change, ...]

    @property
    def lines(self) -> list[str]:
        """The changes in words, without the secret."""
        return [str(each) for each in self.changes] or ["Nothing is to be changed."]


def plan_callbacks(client: OvhSmsClient, store: Store, wanted: WantedCallbacks) -> CallbackPlan:
    """Read the settings, and compare them with the callbacks that are wanted. Nothing is changed.

    An address with a valid secret keeps it, unless a new one is wanted.

    Source: GET ``/sms/{serviceName}``, GET ``/sms/{serviceName}/users/{login}``.

    :raises ConfigurationError: the address is none that OVH may call, a kind is not known, or another program's address
        stands there.
    """
    kinds = _checked(wanted, is_sandbox=client.is_sandbox)
    settings = client.callbacks.read(wanted.login)
    found = {kind: _value(settings, FIELDS[kind]) for kind in kinds}
    secret = None
    if wanted.url is not None:
        secret = (None if wanted.rotate else _in_use(store, client.account_name, found)) or new_secret()
    changes = [_change(FIELDS[kind], before, wanted, secret, kind) for kind, before in found.items()]
    if REPLY in kinds:
        changes.append(_type_change(settings, wanted))
    made = tuple(each for each in changes if each is not None and each.before != each.after)
    if not wanted.replace:
        _refuse_others(made, client.account_name)
    return CallbackPlan(account=client.account_name, wanted=wanted, settings=settings, secret=secret, changes=made)


def apply_callbacks(client: OvhSmsClient, store: Store, plan: CallbackPlan, *, keep_old: timedelta = KEEP_OLD) -> int:
    """Make the changes of a plan, and read the settings again.

    The new secret is valid before OVH is given it, and the old one for a while after: no callback is lost. It may be
    repeated after a new plan.

    Source: PUT and GET ``/sms/{serviceName}``, PUT and GET ``/sms/{serviceName}/users/{login}``.

    :returns: how many secrets end after ``keep_old``.
    :raises ConfigurationError: OVH shows other settings than it should.
    :raises OutcomeUnknown: the settings may have been changed; plan it again, which reads them.
    """
    if not plan.changes:
        return 0
    key = store.identity.secret()
    if plan.secret is not None:
        store.callback_secrets.add(plan.account, digest_of(plan.secret, key))
        store.clock.sleep(_KNOWN_AFTER)
    client.callbacks.change(_body(plan), plan.wanted.login)
    _compare(plan, client.callbacks.read(plan.wanted.login))
    replaced = {secret for each in plan.changes if (secret := secret_in(each.before))} - {plan.secret}
    digests = [digest_of(each, key) for each in replaced]
    return store.callback_secrets.end(plan.account, digests, store.clock.now() + keep_old)


def _checked(wanted: WantedCallbacks, *, is_sandbox: bool) -> list[str]:
    unknown = sorted(set(wanted.kinds) - set(KINDS))
    if unknown or not wanted.kinds:
        raise ConfigurationError(
            f"There is no callback {unknown[0] if unknown else 'without a kind'}.",
            action=f"Nothing was changed. Give some of {', '.join(KINDS)}.",
        )
    if wanted.url is not None:
        try:
            it = urlsplit(wanted.url)
            plain = it.hostname and not (it.query or it.fragment or it.username or it.password)
        except ValueError:
            it, plain = urlsplit(""), None
        if not plain or (it.scheme != "https" and not (is_sandbox and it.scheme == "http")):
            raise ConfigurationError(
                "OVH cannot call this address: it must be of https, with a host and without a query or a password.",
                action="Nothing was changed. Give the address of Airflow as OVH reaches it, such as "
                "https://airflow.example.com.",
            )
    return [kind for kind in KINDS if kind in wanted.kinds and not (kind == REPLY and wanted.login)]


def _value(settings: Mapping[str, Any], field: str) -> str | None:
    value: Any = settings
    for name in field.split("."):
        value = (value or {}).get(name)
    return value or None


def _in_use(store: Store, account: str, found: Mapping[str, str | None]) -> str | None:
    """The secret in the addresses that stand there, if it is valid and does not end."""
    key, known = store.identity.secret(), store.callback_secrets.valid()
    for address in found.values():
        secret = secret_in(address)
        it = account_of(secret, known, key) if secret else None
        if it is not None and it.account == account and it.ends_at is None:
            return secret
    return None


def _change(field: str, before: str | None, wanted: WantedCallbacks, secret: str | None, kind: str) -> Change | None:
    if wanted.url is not None and secret is not None:
        return Change(field=field, before=before, after=address_of(wanted.url, secret, kind))
    if before is not None and secret_in(before) is None:
        return None  # another program's stays
    return Change(field=field, before=before, after=None)


def _type_change(settings: Mapping[str, Any], wanted: WantedCallbacks) -> Change | None:
    """OVH calls the address of replies only if they are answered by one."""
    before = _value(settings, _TYPE) or "none"
    if wanted.url is not None:
        return Change(field=_TYPE, before=before, after="cgi")
    ours = secret_in(_value(settings, FIELDS[REPLY])) is not None
    return Change(field=_TYPE, before=before, after="none") if ours and before == "cgi" else None


def _refuse_others(changes: Collection[Change], account: str) -> None:
    for each in changes:
        other = each.before == "text" if each.field == _TYPE else each.before and secret_in(each.before) is None
        if other:
            held = "answers replies by a text" if each.field == _TYPE else "holds another program's address"
            raise ConfigurationError(
                f"The setting {each.field} of {account} {held}.",
                action="Nothing was changed. Leave this kind out, or have it replaced.",
            )


def _body(plan: CallbackPlan) -> dict[str, Any]:
    """The settings to send: OVH takes ``smsResponse`` as a whole, so its other values go along."""
    body: dict[str, Any] = {}
    for each in plan.changes:
        name, _, inner = each.field.partition(".")
        if inner:
            body.setdefault(name, dict(plan.settings.get(name) or {}))[inner] = each.after
        else:
            body[name] = each.after
    return body


def _compare(plan: CallbackPlan, found: Mapping[str, Any]) -> None:
    wanted = {**plan.settings, **_body(plan)}
    other = sorted(
        name for name in wanted if name not in _NOT_OURS and (wanted[name] or None) != (found.get(name) or None)
    )
    if other:
        raise ConfigurationError(
            f"The settings of {plan.account} were sent to OVH, and it shows others than these: {', '.join(other)}.",
            action="Both the old and the new secret stay valid. Check the settings in OVH's manager, then try again.",
        )
