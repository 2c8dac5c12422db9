"""Sets the addresses that OVH calls, and ends the secrets that it does not use any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, OutcomeUnknown
from ovh_sms.inbound.callback_addresses import digest_of, secret_in
from ovh_sms.inbound.callback_settings import others_than, value_of
from ovh_sms.inbound.shown_secrets import VALID_FOR, digests_in, keep_shown, read_shown

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.callback_plan import CallbackPlan
    from ovh_sms.store.store import Store

#: A secret that was replaced stays valid for so long, at most: OVH may still call the old address.
KEEP_OLD = VALID_FOR
#: Every API server knows a new secret by then.
_KNOWN_AFTER = 2.0


@dataclass(frozen=True, kw_only=True)
class AppliedCallbacks:
    """The secrets after a change.

    :param ending: secrets that end after ``keep_old``, or have ended with it.
    :param still: settings that still hold a secret that was replaced, such as ``user desk: callBack``; it stays valid.
    """

    ending: int
    still: tuple[str, ...]


def apply_callbacks(
    client: OvhSmsClient, store: Store, plan: CallbackPlan, *, keep_old: timedelta = KEEP_OLD
) -> AppliedCallbacks:
    """Make the changes of a plan, and read the settings again.

    The new secret is valid before OVH is given it, and the old one for a while after: no callback is lost. It may be
    killed at any time, and repeated after a new plan: a secret that OVH's settings do not show ends by itself.

    Source: PUT and GET ``/sms/{serviceName}``, GET ``/sms/{serviceName}/users``, PUT and GET
    ``/sms/{serviceName}/users/{login}``.

    :param keep_old: how long a secret stays valid that OVH's settings do not show any more; a week at most.
    :raises ConfigurationError: OVH shows other settings than it should.
    :raises OutcomeUnknown: the settings may have been changed, and do not show it; plan it again, which reads them.
    """
    if not timedelta(0) <= keep_old <= KEEP_OLD:
        raise ConfigurationError(
            f"An old secret cannot stay valid for {keep_old}.",
            action=f"Nothing was changed. Give at most {KEEP_OLD.days} days.",
        )
    account, login, key = plan.account, plan.wanted.login, store.identity.secret()
    shown = read_shown(client, store)
    before = {digest_of(secret, key) for each in plan.changes if each.was_ours and (secret := secret_in(each.before))}
    if plan.changes:
        client.account.require("callbacks")
        if plan.secret is not None:
            store.callback_secrets.add(account, digest_of(plan.secret, key), store.clock.now() + VALID_FOR)
            store.clock.sleep(_KNOWN_AFTER)
        _change(client, plan)
        read_at = store.clock.now()
        found = client.callbacks.read(login)
        shown = shown.after(read_at, login, digests_in(found, login, key))
        keep_shown(store, account, shown)
        _compare(plan, found)
    digests, ends_at = set(shown.digests.values()), store.clock.now() + keep_old
    ending = store.callback_secrets.end_others(account, digests, read_at=shown.read_at, ends_at=ends_at)
    new = set() if plan.secret is None else {digest_of(plan.secret, key)}
    return AppliedCallbacks(ending=ending, still=tuple(shown.settings_with(before - new)))


def _change(client: OvhSmsClient, plan: CallbackPlan) -> None:
    """Change the settings; read them if the answer was lost."""
    try:
        client.callbacks.change(_body(plan), plan.wanted.login)
    except OutcomeUnknown:
        found = client.callbacks.read(plan.wanted.login)
        if any(value_of(found, each.field) != each.after for each in plan.changes):
            raise


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
    other = others_than({**plan.settings, **_body(plan)}, found)
    if other:
        raise ConfigurationError(
            f"The settings of {plan.account} were sent to OVH, and it shows others than these: {', '.join(other)}.",
            action="Both the old and the new secret stay valid. Check the settings in OVH's manager, then try again.",
        )
