"""From an Airflow connection to the settings of a client: one pure function, for workers and triggerers ambiguous."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.api.credentials import Credentials, endpoint_problem
from ovh_sms.errors import ConfigurationError
from ovh_sms.settings import data_path

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
    "read_retry_seconds": "Seconds to retry reads",
    "timeout_seconds": "Seconds to wait for an answer",
}

ACCOUNT_PATTERN = "^sms-[A-Za-z0-9-]+$"

DEFAULT_CALLS_PER_MINUTE = 60

MOST_CALLS_PER_MINUTE = 100_000

DEFAULT_READ_RETRY_SECONDS = 120

MOST_READ_RETRY_SECONDS = 3600

DEFAULT_TIMEOUT_SECONDS = 60

#: From what a slow answer to a large sending may take to what OVH accepts as the age of a signature.
LEAST_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS = 5, 180


class ConnectionSettings(NamedTuple):
    """What a connection holds, checked."""

    credentials: Credentials
    account: str
    calls_per_minute: int
    read_retry_seconds: int
    timeout_seconds: int


def connection_settings(conn: Connection, account: str | None = None) -> ConnectionSettings:
    """Read and check an ``ovh_sms`` connection.

    Login is the application key and password its secret; everything else is in the connection's extra fields.

    :param conn: the Airflow connection.
    :param account: SMS account to use instead of the connection's own.
    :returns: credentials, account, calls per minute, seconds to retry reads and seconds to wait for an answer.
    :raises ovh_sms.errors.ConfigurationError: naming every field that is missing or wrong, by its label.
    """
    extra, problems = _extra(conn.extra)
    values = {name: _text(extra.get(name)) for name in LABELS}
    values["application_key"] = _text(conn.login)
    values["application_secret"] = _text(conn.password)
    values["account"] = account or values["account"]
    calls = _whole(values, "calls_per_minute", 1, MOST_CALLS_PER_MINUTE, DEFAULT_CALLS_PER_MINUTE)
    retry = _whole(values, "read_retry_seconds", 0, MOST_READ_RETRY_SECONDS, DEFAULT_READ_RETRY_SECONDS)
    wait = _whole(
        values, "timeout_seconds", LEAST_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS, DEFAULT_TIMEOUT_SECONDS
    )
    problems += [*_endpoint(values), *_keys(values), *_account(values), *calls[1], *retry[1], *wait[1]]
    if problems:
        raise ConfigurationError(
            f"The connection {conn.conn_id!r} is not complete: {'; '.join(problems)}.",
            action="Correct these fields of the connection in Airflow.",
        )
    names = (
        "endpoint",
        "application_key",
        "application_secret",
        "consumer_key",
        "client_id",
        "client_secret",
    )
    credentials = Credentials(**{name: values[name] for name in names})
    return ConnectionSettings(credentials, values["account"], calls[0], retry[0], wait[0])


def pacing_file(credentials: Credentials) -> Path:
    """Name the file in the data folder by which all tasks that use one key keep to its calls per minute together.

    OVH counts calls by key, whichever SMS account they concern. The name shows neither of them.

    :param credentials: the key.
    """
    key = f"{credentials.base_url()} {credentials.application_key or credentials.client_id}"
    return data_path() / f".pacing-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


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
        return [
            f"{LABELS['application_key']} and {LABELS['client_id']} exclude each other, give one kind of keys"
        ]
    wanted = oauth2 if with_oauth2 else signature
    missing = [f"{LABELS[name]} is missing" for name in wanted if not values[name]]
    if missing and not with_oauth2 and not with_signature:
        missing[-1] += (
            f" (or give {LABELS['client_id']} and {LABELS['client_secret']} instead of these three)"
        )
    unclean = [
        f"{LABELS[name]} holds blanks or special characters" for name in wanted if not _is_plain(values[name])
    ]
    return missing + unclean


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isprintable() and " " not in key


def _account(values: Mapping[str, str]) -> list[str]:
    if not values["account"]:
        return [f"{LABELS['account']} is missing"]
    if not re.match(ACCOUNT_PATTERN, values["account"]):
        return [f"{LABELS['account']} must look like sms-xx12345-1"]
    return []


def _whole(
    values: Mapping[str, str], name: str, least: int, most: int, default: int
) -> tuple[int, list[str]]:
    text = values[name]
    if not text:
        return default, []
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text), []
    return default, [f"{LABELS[name]} must be a whole number from {least} to {most}"]
