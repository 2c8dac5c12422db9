"""The users of an SMS account, as its account file names them: quota, alert, callbacks, IP limits."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ovh_sms.campaign.alternatives import CHOSEN, OTHER, chosen_for
from ovh_sms.campaign.yaml_files import Strict

#: Removes a setting.
OFF: Literal["off"] = "off"
#: OVH takes a login of so many characters at most.
LONGEST_LOGIN = 40
_LOGIN = re.compile(r"[A-Za-z0-9._@-]+")
_CONNECTION = re.compile(r"[\w.-]{1,250}")
_EMAIL = re.compile(r"[^\s@<>\"',;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NUMBER = re.compile(r"\+\d{8,15}")


def _is_off(given: Any) -> bool:
    """Whether a setting is to be removed: ``off`` is false to YAML."""
    return given is False or given == OFF


def _read_off(given: Any) -> Any:
    if _is_off(given):
        return OFF
    raise ValueError("give `below` with `email` or `number`, or `off`")


def check_login(login: Any) -> str:
    """Return a login that OVH takes; a ``ValueError`` for any other."""
    if not isinstance(login, str) or not _LOGIN.fullmatch(login):
        raise ValueError("a login has letters, digits, '.', '_', '-' and '@'")
    if len(login) > LONGEST_LOGIN:
        raise ValueError(f"a login has at most {LONGEST_LOGIN} characters; this one has {len(login)}")
    return login


def _as_quota(given: Any) -> Any:
    if _is_off(given):
        return OFF
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 10_000_000:
        raise ValueError("give credits, 0 to 10000000, or `off`")
    return float(given)


def _as_address(given: Any) -> Any:
    """Check an address that OVH calls. No error shows it: it may hold a secret."""
    if _is_off(given):
        return OFF
    text = given.strip() if isinstance(given, str) else ""
    try:
        found = urlsplit(text)
        is_address = found.scheme in ("http", "https") and bool(found.hostname)
    except ValueError:
        is_address = False
    if not is_address or any(each.isspace() for each in text):
        raise ValueError("give an address such as https://shop.example/receipts, or `off`")
    return text


def _as_ip(given: Any) -> Any:
    try:
        text = str(given)  # a number, too, would be an address
        return str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))
    except (ValueError, TypeError):
        raise ValueError("give IP addresses in quotes, such as '192.0.2.1'") from None


_Given = Annotated[float, Field(ge=0, le=10_000_000)]
Quota = Annotated[
    float | Literal["off"], BeforeValidator(_as_quota, json_schema_input_type=_Given | Literal["off", False])
]
Address = Annotated[str, BeforeValidator(_as_address, json_schema_input_type=str | Literal["off", False])]
_Off = Annotated[Literal["off"], BeforeValidator(_read_off, json_schema_input_type=Literal["off", False])]


class AlertSettings(Strict):
    """The receivers of OVH's alert that few credits of a quota are left: by mail, by SMS, or both.

    :param below: credits.
    :param email: address of the mail.
    :param number: receiver of the SMS, in international form.
    """

    below: Annotated[int, Field(ge=1, le=10_000_000)]
    email: str | None = Field(default=None, repr=False)
    number: str | None = Field(default=None, repr=False)

    @field_validator("email", mode="before")
    @classmethod
    def _is_email(cls, given: Any) -> Any:
        if given is not None and not (isinstance(given, str) and _EMAIL.fullmatch(given)):
            raise ValueError("it is no e-mail address")
        return given

    @field_validator("number", mode="before")
    @classmethod
    def _is_number(cls, given: Any) -> Any:
        text = re.sub(r"[ .()-]", "", given) if isinstance(given, str) else ""
        if given is not None and not _NUMBER.fullmatch(text):
            raise ValueError('give a phone number in quotes, as "+33 6 39 98 00 01"')
        return text or None

    @model_validator(mode="after")
    def _reaches_somebody(self) -> AlertSettings:
        if self.email is None and self.number is None:
            raise ValueError("give `email`, `number` or both")
        return self


class AccountUser(Strict):
    """One user of the account. A setting that is not written stays as OVH has it.

    :param password_conn_id: Airflow connection whose password the user gets when it is created.
    :param quota: credits that the user has once this is applied; ``off`` for none of its own.
    :param refill: ``monthly`` gives it ``quota`` again at the first run of each month; ``never`` does not.
    :param alert: whom OVH alerts when few of them are left; ``off`` for nobody.
    :param receipts_to: address that OVH calls about delivery receipts; ``off`` for none.
    :param opt_outs_to: address that OVH calls about a STOP; ``off`` for none.
    :param ip_limits: addresses from which alone the user may send by http2sms; an empty list for all.
    :param absent: the user is deleted if OVH has it.
    """

    password_conn_id: str | None = None
    quota: Quota | None = None
    refill: Literal["never", "monthly"] = "never"
    alert: Annotated[Annotated[AlertSettings, CHOSEN] | Annotated[_Off, OTHER], chosen_for(dict)] | None = None
    receipts_to: Address | None = Field(default=None, repr=False)
    opt_outs_to: Address | None = Field(default=None, repr=False)
    ip_limits: tuple[Annotated[str, BeforeValidator(_as_ip)], ...] | None = None
    absent: bool = False

    @model_validator(mode="before")
    @classmethod
    def _has_no_password(cls, given: Any) -> Any:
        if isinstance(given, dict) and "password" in given:
            raise ValueError(
                "a password stands in no file: remove it, change it, and name an Airflow connection that holds it in "
                "`password_conn_id`"
            )
        return given

    @field_validator("password_conn_id")
    @classmethod
    def _is_connection(cls, given: str | None) -> str | None:
        if given is not None and not _CONNECTION.fullmatch(given):
            raise ValueError("give the id of an Airflow connection")
        return given

    def fields(self) -> dict[str, Any]:
        """Return the fields that are written, as plain values."""
        found = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: each.model_dump() if isinstance(each, AlertSettings) else each for name, each in found.items()}

    @model_validator(mode="after")
    def _is_whole(self) -> AccountUser:
        others = sorted(self.model_fields_set - {"absent", "password_conn_id"})
        if self.absent and others:
            raise ValueError(f"`absent: true` deletes the user: remove `{others[0]}`, or `absent`")
        if self.refill == "monthly" and not isinstance(self.quota, float):
            raise ValueError("`refill: monthly` needs a `quota` in credits")
        return self


class UsersApproval(Strict):
    """The person who is asked before users are changed.

    :param by: users of Airflow who may answer; everybody who may edit the DAG if there are none.
    :param within_hours: without an answer for so long nothing is changed.
    """

    by: tuple[Annotated[str, Field(min_length=1, max_length=250)], ...] = ()
    within_hours: Annotated[float, Field(gt=0, le=168)] = 24


def _as_fields(given: Any) -> Any:
    """Read ``true``, which asks everybody who may edit the DAG, and ``false``, which asks nobody."""
    if isinstance(given, bool):
        return {} if given else None
    return given


class AccountUsers(Strict):
    """The users of an account by their logins; users at OVH that are not named are left alone.

    :param approval: a person approves each change; ``true`` asks everybody who may edit the DAG.
    :param logins: at least one.
    """

    approval: Annotated[
        UsersApproval | None, BeforeValidator(_as_fields, json_schema_input_type=UsersApproval | bool | None)
    ] = None
    logins: dict[str, AccountUser]

    @field_validator("logins", mode="before", json_schema_input_type=dict[str, AccountUser | None])
    @classmethod
    def _are_different(cls, logins: Any) -> Any:
        if not isinstance(logins, dict):
            raise ValueError("name each user by its login, with its settings below it")
        seen: dict[str, str] = {}
        for login in map(check_login, logins):
            other = seen.setdefault(login.lower(), login)
            if other != login:
                raise ValueError(f"'{other}' and '{login}' may be one login at OVH: name it once")
        if not logins:
            raise ValueError("name at least one user")
        return {login: {} if settings is None else settings for login, settings in logins.items()}
