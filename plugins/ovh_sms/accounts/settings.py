"""One user's settings: as the file wants them, as OVH holds them, as words, as digests."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ovh_sms.api.models_users import AlertSupport, UserAlert
from ovh_sms.campaign.account_users import OFF, AlertSettings
from ovh_sms.report.language import translatable

if TYPE_CHECKING:
    from ovh_sms.api.models_users import User
    from ovh_sms.campaign.account_users import AccountUser

_ALERTS = {
    "mail": translatable("below {n} credits by mail"),
    "sms": translatable("below {n} credits by SMS"),
    "both": translatable("below {n} credits by mail and SMS"),
}
#: Settings beside the quota, by the names that a file has for them.
FIELDS = ("alert", "receipts_to", "opt_outs_to", "ip_limits")
#: Names of settings on pages.
NAMES = {
    "alert": translatable("alert"),
    "receipts_to": translatable("delivery receipts to"),
    "opt_outs_to": translatable("STOPs to"),
    "ip_limits": translatable("IP limits"),
    "quota": translatable("quota"),
}


def wanted_values(user: AccountUser) -> dict[str, Any]:
    """Return the settings that a file names, beside the quota, as OVH takes them."""
    found: dict[str, Any] = {}
    if user.alert is not None:
        found["alert"] = _alert(user.alert)
    for name in ("receipts_to", "opt_outs_to"):
        address = getattr(user, name)
        if address is not None:
            found[name] = "" if address == OFF else address
    if user.ip_limits is not None:
        found["ip_limits"] = tuple(sorted(set(user.ip_limits)))
    return found


def found_values(user: User) -> dict[str, Any]:
    """Return the same settings as OVH holds them."""
    number = user.alert.number
    alert = user.alert.model_copy(update={"number": f"+{number[2:]}" if number.startswith("00") else number})
    return {
        # With a threshold of 0 OVH alerts nobody, also if it still holds addresses.
        "alert": alert if alert.threshold else UserAlert(),
        "receipts_to": user.receipts_to,
        "opt_outs_to": user.opt_outs_to,
        "ip_limits": tuple(sorted(set(user.ip_limits))),
    }


class Words(NamedTuple):
    """A few words for logs and pages, which say them in the reader's language; no address and no number."""

    sentence: str
    about: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def __str__(self) -> str:
        """Say them in English."""
        return self.sentence.format(**self.about)


def words_of(name: str, value: Any) -> Words:
    """Say a setting without the addresses and numbers that it holds."""
    if name == "alert":
        return Words(_ALERTS[value.support], {"n": value.threshold}) if value.threshold else NOBODY
    if name == "ip_limits":
        return Words("{ips}", {"ips": ", ".join(value)}) if value else ALL
    return _host(value) if value else NONE


NONE = Words(translatable("none"))
NOBODY = Words(translatable("nobody"))
ALL = Words(translatable("all"))


def digests(key: bytes, values: Mapping[str, Any]) -> dict[str, str]:
    """Return keyed digests of settings: the journal holds no address and no number.

    :param key: the secret of the results.
    """
    return {name: _digest(key, name, value) for name, value in values.items()}


def _digest(key: bytes, name: str, value: Any) -> str:
    plain = value.model_dump() if isinstance(value, UserAlert) else value
    text = json.dumps([name, plain], sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _alert(alert: AlertSettings | str) -> UserAlert:
    if not isinstance(alert, AlertSettings):
        return UserAlert()
    support: AlertSupport = "both" if alert.email and alert.number else "mail" if alert.email else "sms"
    return UserAlert(email=alert.email or "", number=alert.number or "", threshold=alert.below, support=support)


def _host(address: str) -> Words:
    """An address without what it may hide in its path."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    return Words(translatable("an address of {host}"), {"host": host or "?"})
