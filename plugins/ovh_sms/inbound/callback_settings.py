"""The settings of OVH that hold the addresses that it calls, of an account or of one of its users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ovh_sms.store.callback_records import RECEIPT, REPLY, STOP

_RESPONSE, _CGI = "smsResponse", "cgiUrl"
#: OVH's names of the settings, by the kind of callback. A user has none for replies.
FIELDS = {RECEIPT: "callBack", STOP: "stopCallBack", REPLY: f"{_RESPONSE}.{_CGI}"}
#: OVH calls the address of replies only if this is ``cgi``.
TYPE_FIELD = f"{_RESPONSE}.responseType"
#: What OVH changes by itself, or does not show.
_CHANGES_BY_ITSELF = frozenset(
    {"creditsLeft", "creditsHoldByQuota", "userQuantityWithQuota", "quotaInformations", "iam", "status", "password"}
)


def value_of(settings: Mapping[str, Any], field: str) -> str | None:
    """Return the value of a setting; ``None`` if it is empty."""
    value: Any = settings
    for name in field.split("."):
        value = (value or {}).get(name)
    return value or None


def others_than(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Name the settings that differ; an empty value and none are the same."""
    differing = (name for name in wanted if _plain(wanted[name]) != _plain(found.get(name)))
    return sorted(name for name in differing if name not in _CHANGES_BY_ITSELF)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: _plain(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each is not None} or None
    return value or None
