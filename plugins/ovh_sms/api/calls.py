"""One call of OVH's API, as data: what is asked, how it is written down, how it may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from ovh_sms.errors import ConfigurationError


@dataclass(frozen=True)
class Call:
    """One request to OVH.

    :param method: ``GET``, ``POST``, ``PUT`` or ``DELETE``.
    :param template: path with named places, such as ``/sms/{account}/jobs/{id}``.
    :param values: what fills the places; a sequence is joined by commas (OVH's batch look-up).
    :param query: query parameters; those that are ``None`` are left out.
    :param body: JSON body; entries that are ``None`` are left out.
    :param headers: extra headers, unsigned.
    :param safe: a POST that changes nothing, such as an estimate, and may be repeated like a GET.
    """

    method: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    query: Mapping[str, object] = field(default_factory=dict, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    safe: bool = False

    @property
    def is_write(self) -> bool:
        """Whether this call may change something, so that it must never be sent twice."""
        return self.method != "GET" and not self.safe

    @property
    def path(self) -> str:
        """Path and query as they are signed and sent.

        :raises ovh_sms.errors.ConfigurationError: where a value would lead to another path.
        """
        filled = self.template.format_map(
            {name: path_part(name, value) for name, value in self.values.items()}
        )
        query = query_string(self.query)
        return f"{filled}?{query}" if query else filled

    @property
    def payload(self) -> dict[str, object] | None:
        """Body as it is sent, or ``None`` for no body."""
        if self.body is None:
            return None
        return {name: value for name, value in self.body.items() if value is not None}

    @property
    def shown(self) -> str:
        """The call as it may be shown to people: the account by name, everything else as ``*``.

        Phone numbers and ids are left out; what remains is also the right that the call needs.
        """
        return f"{self.method} {rule_path(self.template, str(self.values.get('account', '*')))}"


def rule_path(template: str, account: str) -> str:
    """Write a path as OVH's access rules do.

    :param template: path with named places.
    :param account: the SMS account that fills ``{account}``; every other place becomes ``*``.
    """
    return template.format_map(_Stars(account=account))


class _Stars(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "*"


def path_part(name: str, value: object) -> str:
    """Percent-encode one part of a path.

    :param name: what the part is, for the error's text.
    :param value: the part itself; a sequence is joined by commas.
    :raises ovh_sms.errors.ConfigurationError: for a part that is empty, ``.`` or ``..``.
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(path_part(name, item) for item in value)
    text = quote(str(value), safe="")
    if text in ("", ".", ".."):  # would be folded into another path on the way, behind the signature's back
        raise ConfigurationError(f"The {name} given is {text!r}.", action=f"Give a real {name}.")
    return text


def query_string(query: Mapping[str, object]) -> str:
    """Write query parameters as OVH reads them: without ``None``, booleans in lower case, dates as ISO 8601.

    :param query: parameters in the order in which they shall be sent.
    """
    return urlencode([(name, _query_value(value)) for name, value in query.items() if value is not None])


def _query_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ConfigurationError(
                "A date without time zone was given.", action="Give a date with its zone."
            )
        return value.isoformat(timespec="seconds")
    return str(value)
