"""A user of an SMS account as OVH holds it, and the changes of its settings."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ovh_sms.api.calls import NULL
from ovh_sms.api.models import OvhObject

#: The way of OVH's alert that few credits of a quota are left.
AlertSupport = Literal["both", "mail", "sms"]

_QUOTA, _ALERT = "quotaInformations", "alertThresholdInformations"


class UserAlert(OvhObject):
    """The receivers of OVH's alert that a user has few credits of its quota left.

    :param threshold: credits; OVH alerts nobody at 0.
    :param support: by ``mail``, by ``sms``, or ``both``.
    """

    email: str = Field(default="", alias="alertEmail", repr=False)
    number: str = Field(default="", alias="alertNumber", repr=False)
    threshold: int = Field(default=0, alias="alertThreshold")
    support: AlertSupport = "mail"

    model_config = ConfigDict(populate_by_name=True)


class UserQuota(OvhObject):
    """Credits that a user has of its own: it is blocked at 0. An inactive quota says nothing."""

    status: Literal["active", "inactive"] = Field(default="inactive", alias="quotaStatus")
    left: float = Field(default=0.0, alias="quotaLeft")

    model_config = ConfigDict(populate_by_name=True)


class User(OvhObject):
    """One user of the account; OVH never shows its password.

    :param receipts_to: address that OVH calls about delivery receipts; empty for none.
    :param opt_outs_to: address that OVH calls about a STOP; empty for none.
    :param ip_limits: addresses from which alone it may send by http2sms; none for all.
    """

    login: str
    quota: UserQuota = Field(default_factory=UserQuota, alias=_QUOTA)
    alert: UserAlert = Field(default_factory=UserAlert, alias=_ALERT)
    receipts_to: str = Field(default="", alias="callBack", repr=False)
    opt_outs_to: str = Field(default="", alias="stopCallBack", repr=False)
    ip_limits: list[str] = Field(default=[], alias="ipRestrictions")

    @property
    def has_quota(self) -> bool:
        """Whether it spends credits of a quota of its own, and is blocked at 0; else it spends the account's."""
        return self.quota.status == "active"

    @property
    def quota_left(self) -> float | None:
        """Credits of its quota that are left; ``None`` if it has none."""
        return self.quota.left if self.has_quota else None


class UserChanges(BaseModel):
    """Settings of a user to change; ``None`` leaves one as it is.

    :param quota_left: credits that its quota holds from now on, which OVH takes out of the account's credits; with it
        the quota is switched on.
    :param no_quota: switch the quota off: OVH gives what is left of it back to the account.
    :param receipts_to: address for delivery receipts; an empty one removes it.
    :param opt_outs_to: address for STOPs; an empty one removes it.
    :param ip_limits: an empty tuple removes them.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True, extra="forbid")

    quota_left: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    no_quota: bool = False
    alert: UserAlert | None = None
    receipts_to: str | None = Field(default=None, repr=False)
    opt_outs_to: str | None = Field(default=None, repr=False)
    ip_limits: tuple[str, ...] | None = None

    def body(self) -> dict[str, object]:
        """Return the settings as OVH takes them; the others stay."""
        body: dict[str, object] = {}
        if self.no_quota:
            body[_QUOTA] = {"quotaStatus": "inactive", "quotaLeft": 0}
        elif self.quota_left is not None:
            body[_QUOTA] = {"quotaStatus": "active", "quotaLeft": self.quota_left}
        if self.alert is not None:
            body[_ALERT] = self.alert.model_dump(by_alias=True)
        for name, address in (("callBack", self.receipts_to), ("stopCallBack", self.opt_outs_to)):
            if address is not None:
                body[name] = address or NULL
        if self.ip_limits is not None:
            body["ipRestrictions"] = list(self.ip_limits)
        return body
