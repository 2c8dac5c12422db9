"""The pace of a campaign's runs, as the campaign file has it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
_PACE = re.compile(r"(\d{1,3}(?:[ ,_]\d{3})+|\d{1,9}) *per *(minute|hour|day)")


def read_pace(text: str) -> dict[str, int]:
    """Read a pace as ``5000 per hour``.

    :returns: fields of :class:`~ovh_sms.messaging.pace.MessagePace`.
    :raises ValueError: it is none.
    """
    found = _PACE.fullmatch(text.strip())
    messages = int(re.sub(r"\D", "", found[1])) if found else 0
    if found is None or not messages:
        raise ValueError("give messages per minute, hour or day, as `5000 per hour`")
    return {"messages": messages, "seconds": _SECONDS[found[2]]}


def _as_pace(given: Any) -> Any:
    if not isinstance(given, str):
        raise ValueError("give messages per minute, hour or day, as `5000 per hour`")
    read_pace(given)
    return given.strip()


PaceText = Annotated[str, BeforeValidator(_as_pace)]


def refuse_pace_held_by_ovh(given: object, hours: str) -> None:
    """Refuse a pace or a pilot that OVH would not keep.

    :raises ValueError: OVH holds everything, and lets it leave at once.
    """
    if given is not None and hours == "hold":
        raise ValueError(
            "`hours: hold` has OVH hold everything, and let it leave at once: remove it, or `pace` and `pilot`"
        )
