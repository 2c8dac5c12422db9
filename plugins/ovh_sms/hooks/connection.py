"""Airflow connection → settings of a client: one pure function, for workers and triggerers alike."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ovh_sms.api.credentials import Credentials, endpoint_problem
from ovh_sms.errors import ConfigurationError, OtherAccount

if TYPE_CHECKING:
    from airflow.sdk import Connection

#: Label of every field, as the connection form shows it.
LABELS: Mapping[str, str] = {
    "endpoint": "Endpoint",
    "application_key": "Application key",
    "application_secret": "Application secret",
    "consumer_key": "Consumer key",
    "client_id": "OAuth2 client id",
    "client_secret": "OAuth2 client secret",
    "account": "SMS account",
    "calls_per_minute": "Calls per minute",
    "most_calls_per_minute": "Most calls per minute",
    "read_retry_seconds": "Seconds to retry reads",
    "timeout_seconds": "Seconds to wait for an answer",
}

ACCOUNT_PATTERN = "^sms-[A-Za-z0-9-]+$"

DEFAULT_CALLS_PER_MINUTE = 60

MOST_CALLS_PER_MINUTE = 100_000

#: Unless the connection names a number, calls per minute rise to so many times those to start with.
DEFAULT_MOST_FACTOR = 4

DEFAULT_READ_RETRY_SECONDS = 120

MOST_READ_RETRY_SECONDS = 3600

DEFAULT_TIMEOUT_SECONDS = 60

#: From the time of a slow answer to a large batch, to the age of a signature that OVH still accepts.
LEAST_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS = 5, 180


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings:
    """The fields of a connection, checked.

    :param calls_per_minute: most calls of one key in any 60 seconds, to start with.
    :param most_calls_per_minute: the number that it may rise to while OVH answers.
    :param read_retry_seconds: time for which a read is repeated while OVH is unavailable.
    :param timeout_seconds: time for which an answer may stay out.
    :param user: login of the account's user who sends; empty if the account itself does.
    """

    credentials: Credentials
    account: str
    calls_per_minute: int
    most_calls_per_minute: int
    read_retry_seconds: int
    timeout_seconds: int
    user: str = ""


def connection_settings(conn: Connection, account: str | None = None, user: str | None = None) -> ConnectionSettings:
    """Read and check an ``ovh_sms`` connection.

    The login is the application key and the password its secret; every other field is in the connection's extra.

    :param account: SMS account that is meant, if a file or a record names one; a connection serves its own alone.
    :param user: login of the account's user who sends.
    :raises ovh_sms.errors.OtherAccount: another account than the connection's is meant.
    :raises ovh_sms.errors.ConfigurationError: names every field that is missing or wrong, by its label.
    """
    extra, problems = _extra(conn.extra)
    values = {name: _text(extra.get(name)) for name in LABELS}
    values["application_key"] = _text(conn.login)
    values["application_secret"] = _text(conn.password)
    calls = _whole_number(values, "calls_per_minute", 1, MOST_CALLS_PER_MINUTE, DEFAULT_CALLS_PER_MINUTE)
    most = _whole_number(
        values, "most_calls_per_minute", calls[0], MOST_CALLS_PER_MINUTE, DEFAULT_MOST_FACTOR * calls[0]
    )
    retry = _whole_number(values, "read_retry_seconds", 0, MOST_READ_RETRY_SECONDS, DEFAULT_READ_RETRY_SECONDS)
    wait = _whole_number(
        values, "timeout_seconds", LEAST_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS, DEFAULT_TIMEOUT_SECONDS
    )
    problems += [*_endpoint(values), *_keys(values), *_account(values), *calls[1], *most[1], *retry[1], *wait[1]]
    own = values["account"]
    if account and own and account != own:
        raise other_account(conn.conn_id, own, account)
    if problems:
        raise ConfigurationError(
            f"The connection {conn.conn_id!r} is not complete: {'; '.join(problems)}.",
            action="Nothing was called. Correct these fields of the connection in Airflow.",
        )
    names = ("endpoint", "application_key", "application_secret", "consumer_key", "client_id", "client_secret")
    credentials = Credentials(**{name: values[name] for name in names})
    return ConnectionSettings(
        credentials=credentials,
        account=values["account"],
        calls_per_minute=calls[0],
        most_calls_per_minute=most[0],
        read_retry_seconds=retry[0],
        timeout_seconds=wait[0],
        user=user or "",
    )


def other_account(conn_id: str, own: str, meant: str) -> OtherAccount:
    """Make the error of a connection that is given for another SMS account.

    :param own: the account that the connection names.
    :param meant: the account that a file, a record or a person names.
    """
    return OtherAccount(
        f"The connection {conn_id!r} is for the SMS account {own}, not for {meant}. OVH was not called.",
        action=f"Name the connection of {meant}: there is one connection for each account.",
    )


def application_of(conn: Connection, account: str | None = None) -> tuple[Credentials, str]:
    """Read the endpoint and the application key of a connection whose consumer key may still be missing.

    :param account: SMS account that is meant, if a person names one.
    :returns: them, and the SMS account.
    :raises ovh_sms.errors.OtherAccount: another account than the connection's is meant.
    :raises ovh_sms.errors.ConfigurationError: names the fields that are missing or wrong, by their labels.
    """
    extra, problems = _extra(conn.extra)
    values = {name: _text(extra.get(name)) for name in LABELS}
    values |= {"application_key": _text(conn.login), "application_secret": _text(conn.password)}
    own, wanted = values["account"], ("application_key", "application_secret")
    if account and own and account != own:
        raise other_account(conn.conn_id, own, account)
    problems += [*_endpoint(values), *(f"{LABELS[name]} is missing" for name in wanted if not values[name])]
    if not account:
        problems += _account(values)
    if problems:
        raise ConfigurationError(
            f"The connection {conn.conn_id!r} has no application: {'; '.join(problems)}.",
            action="No key was asked for. Make an application key at OVH, and fill in these fields.",
        )
    return Credentials(**{name: values[name] for name in ("endpoint", *wanted)}), account or own


def turns_key(credentials: Credentials) -> str:
    """Return the name of a key's queue of calls, which shows nothing of the key.

    OVH counts calls by key, for all SMS accounts together.
    """
    key = f"{credentials.base_url()} {credentials.application_key or credentials.client_id}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _extra(text: str | None) -> tuple[dict[str, Any], list[str]]:
    if not text:
        return {}, []
    try:
        extra = json.loads(text)
    except ValueError:
        extra = None
    if isinstance(extra, dict):
        return extra, []
    return {}, ["Extra is not a JSON object"]


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _endpoint(values: Mapping[str, str]) -> list[str]:
    if not values["endpoint"]:
        return [f"{LABELS['endpoint']} is missing"]
    problem = endpoint_problem(values["endpoint"])
    return [f"{LABELS['endpoint']} {problem}"] if problem else []


def _keys(values: Mapping[str, str]) -> list[str]:
    signature = ("application_key", "application_secret", "consumer_key")
    oauth2 = ("client_id", "client_secret")
    with_signature = any(values[name] for name in signature)
    with_oauth2 = any(values[name] for name in oauth2)
    if with_signature and with_oauth2:
        return [f"{LABELS['application_key']} and {LABELS['client_id']} exclude each other, give one kind of keys"]
    wanted = oauth2 if with_oauth2 else signature
    missing = [f"{LABELS[name]} is missing" for name in wanted if not values[name]]
    if missing and not with_oauth2 and not with_signature:
        missing[-1] += f" (or give {LABELS['client_id']} and {LABELS['client_secret']} instead of these three)"
    unclean = [f"{LABELS[name]} holds blanks or special characters" for name in wanted if not _is_plain(values[name])]
    return missing + unclean


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isprintable() and " " not in key


def _account(values: Mapping[str, str]) -> list[str]:
    if not values["account"]:
        return [f"{LABELS['account']} is missing"]
    if not re.match(ACCOUNT_PATTERN, values["account"]):
        return [f"{LABELS['account']} must look like sms-xx12345-1"]
    return []


def _whole_number(values: Mapping[str, str], name: str, least: int, most: int, default: int) -> tuple[int, list[str]]:
    text = values[name]
    if not text:
        return default, []
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text), []
    return default, [f"{LABELS[name]} must be a whole number from {least} to {most}"]
