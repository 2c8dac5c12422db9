"""The limits of a campaign file: a run that exceeds one sends nothing."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from ovh_sms.campaign.yaml_files import Strict

_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?) ?%")
_MOST_PERCENT = 100
#: Without a limit in the file. A few rows of a short list stop nothing.
_USUAL = {"percent": 20.0, "fewest": 10.0}
#: Fields that a person may pass over: with `approval`, the question names them instead.
_GUARDS = ("rows", "growth", "rejected_growth", "price")

_Rows = Annotated[int, Field(ge=0)]
Times = Annotated[float, Field(gt=1, le=1_000)]


def _read_limit(value: Any) -> Any:
    """Read a share of the rows, or a number of rows."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or _number(found[1]) > _MOST_PERCENT:
        raise ValueError("give a share of the rows such as `20 %`, or a number of rows such as `500`")
    return value.strip()


def _as_written(limit: str | None) -> str | int | None:
    """A number of rows is kept as the number that the file has: a text would not be read again."""
    return int(limit) if limit is not None and limit.isdigit() else limit


def _number(text: str) -> float:
    return float(text.replace(",", "."))


class Limits(Strict):
    """The losses, the cost and the growth that a run may have and still be sent.

    :param rejected: rows that may be rejected for their faults: a share as ``20 %``, or a number of rows.
    :param rows: people whom a run may write to at most.
    :param growth: times as many people as the last run that was sent wrote to, at most.
    :param rejected_growth: times the share of rows that the last run that was sent lost for their faults, at most.
    :param price: money without tax that a run may cost at most, by OVH's price of a credit.
    """

    rejected: Annotated[
        Annotated[str, BeforeValidator(_read_limit, json_schema_input_type=str | _Rows)] | None,
        PlainSerializer(_as_written, when_used="json"),
    ] = None
    rows: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    growth: Times | None = None
    rejected_growth: Times | None = None
    price: Annotated[float, Field(gt=0, le=10_000_000)] | None = None

    def most_rejected(self) -> dict[str, float]:
        """Return the fields of :class:`~ovh_sms.contacts.reject_limit.RejectLimit`."""
        if self.rejected is None:
            return dict(_USUAL)
        share = _PERCENT.fullmatch(self.rejected)
        return {"percent": _number(share[1])} if share else {"rows": float(self.rejected)}

    def guards(self) -> dict[str, float]:
        """Return the fields of :class:`~ovh_sms.sending.run_guards.GuardLimits` that the file has."""
        given = {name: getattr(self, name) for name in _GUARDS}
        return {name: value for name, value in given.items() if value is not None}
