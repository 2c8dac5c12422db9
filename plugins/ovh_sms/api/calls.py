"""One call of OVH's API as data, and the calls of one SMS account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from ovh_sms.api.answer import Answer
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.api.transport import Transport

T = TypeVar("T")

#: An entry of a body that is sent as ``null``, as OVH takes it for "none"; ``None`` is left out.
NULL: Final = object()


@dataclass(frozen=True)
class Call:
    """One request to OVH. Entries of ``query`` and ``body`` that are ``None`` are left out.

    :param template: path with named parts, such as ``/sms/{account}/jobs/{id}``.
    :param values: the named parts; a sequence is joined by commas, for OVH's bulk read.
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
        """Whether this call may change something and so must never be sent twice."""
        return self.method != "GET" and not self.safe

    @property
    def path(self) -> str:
        """Path and query as they are signed and sent; a value that leads to another path is a configuration error."""
        parts = {name: path_part(name, value) for name, value in self.values.items()}
        filled, query = self.template.format_map(parts), query_string(self.query)
        return f"{filled}?{query}" if query else filled

    @property
    def payload(self) -> dict[str, object] | None:
        """Body as it is sent, or ``None`` for no body."""
        if self.body is None:
            return None
        given = {name: value for name, value in self.body.items() if value is not None}
        return {name: None if value is NULL else value for name, value in given.items()}

    @property
    def shown(self) -> str:
        """The call for logs and errors: the account by name, every other part as ``*``, as in OVH's rules."""
        return f"{self.method} {rule_path(self.template, str(self.values.get('account', '*')))}"


class AccountCalls:
    """Makes the calls of one SMS account, which fills ``{account}`` in every path.

    :ivar made: calls so far, each counted once, however often it was repeated.
    :ivar login: of the account's user whose calls these are; empty for the account's own.
    """

    login = ""

    def __init__(self, transport: Transport, account: str) -> None:
        self.transport = transport
        self.account = account
        #: Objects that OVH reads in one call at most, by template, as far as it has refused more.
        self.bulk_limits: dict[str, int] = {}
        self.made = 0

    def make(
        self,
        method: str,
        template: str,
        read: Callable[[Answer], T],
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
        not_after: float | None = None,
        **values: object,
    ) -> T:
        """Make one call and read its answer; ``values`` fill the parts of the path. See :class:`Call` for the rest."""
        values = {"account": self.account, **values}
        call = Call(method, template, values, query or {}, body, headers or {}, safe)
        self.made += 1
        return self.transport.request(call, read, not_after=not_after)


class SubClient:
    """Base of the client's attributes: it holds the calls of the account."""

    def __init__(self, calls: AccountCalls) -> None:
        self._calls = calls


def rule_path(template: str, account: str) -> str:
    """Write a path as OVH's access rules do: ``{account}`` filled, every other part as ``*``."""
    return template.format_map(_Stars(account=account))


class _Stars(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "*"


def path_part(name: str, value: object) -> str:
    """Percent-encode one part of a path; an empty part, ``.`` or ``..`` is a configuration error."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(path_part(name, item) for item in value)
    text = quote(str(value), safe="")
    if text in ("", ".", ".."):  # it would be folded into another path on the way, after signing
        raise ConfigurationError(f"The {name} is {text!r}. OVH was not called.", action=f"Give a real {name}.")
    return text


def query_string(query: Mapping[str, object]) -> str:
    """Write query parameters as OVH reads them: without ``None``, booleans in lower case, dates as ISO 8601."""
    return urlencode([(name, _query_value(value)) for name, value in query.items() if value is not None])


def _query_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ConfigurationError(
                "A date without time zone was given. OVH was not called.", action="Give a date with its zone."
            )
        return value.isoformat(timespec="seconds")
    return str(value)
