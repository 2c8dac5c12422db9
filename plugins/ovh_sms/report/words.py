"""Numbers, durations and moments as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ovh_sms.store.models import Resolution

ABSENT = "–"


def count(value: float | None) -> str:
    """Write a count or an amount of credits: ``12,345`` or ``0.5``."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(value: float | None) -> str:
    """Write a percentage; never ``100 %`` or ``0 %`` of something that is merely close to it."""
    if value is None:
        return ABSENT
    if value in {0.0, 100.0}:
        return f"{value:.0f} %"
    if 99.95 <= value < 100:
        return f"{min(value, 99.99):.2f} %"
    if value < 0.01:
        return "< 0.01 %"
    return f"{value:.2f} %" if value < 1 else f"{value:.1f} %"


def duration(seconds: float | None) -> str:
    """Write a duration in its two largest units: ``8 s``, ``2 min 5 s``, ``3 h``."""
    if seconds is None:
        return ABSENT
    if seconds < 10 and not float(seconds).is_integer():
        return f"{seconds:.1f} s"
    left = round(seconds)
    shown: list[str] = []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        amount, left = divmod(left, size)
        if shown or amount:
            shown.append(f"{amount} {name}" if amount else "")
    return " ".join(part for part in shown[:2] if part) or "0 s"


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """Write a moment in a time zone: ``12 March 2026, 10:02``."""
    if value is None:
        return ABSENT
    local = value.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def difference(spent: float | None, estimated: float | None) -> str:
    """Compare credits spent with the estimate, in words."""
    if estimated is None:
        return "not estimated"
    if spent is None:
        return f"{count(estimated)} estimated"
    if spent == estimated:
        return f"exactly the {count(estimated)} estimated"
    word = "more" if spent > estimated else "fewer"
    return f"{count(abs(spent - estimated))} {word} than the {count(estimated)} estimated"


def sentence(text: str) -> str:
    """Begin a text with a capital; the rest of it stays as it is."""
    return text[:1].upper() + text[1:]


def surplus(messages: int) -> str:
    """Say how many messages OVH made beyond its answer."""
    return (
        f"OVH made {messages:,} messages more than its answer accounts for: some people got the message more than once."
    )


def resolved(tag: str, resolution: Resolution, zone: ZoneInfo) -> str:
    """Say who resolved an unknown outcome, when, and how."""
    how = "as sent: nothing was sent again" if resolution.way == "sent" else "as not sent: it was sent then"
    if resolution.although_credits_are_gone:
        how += ", although credits were missing"
    at = moment(datetime.fromisoformat(resolution.at), zone)
    return f"OVH's answer to the batch {tag} was lost. {resolution.by} resolved it on {at} {how}."


def mismatch(accepted: int, submitted: int, refused: int) -> str:
    """Say by how many the accepted receivers differ from those that OVH took and refused."""
    missing = accepted - submitted - refused
    verb, which = "is" if abs(missing) == 1 else "are", "unaccounted for" if missing > 0 else "too many"
    sums = f"{accepted:,} accepted, but {submitted:,} submitted and {refused:,} refused by OVH"
    return f"These figures do not add up: {sums}. {abs(missing):,} {verb} {which}."
