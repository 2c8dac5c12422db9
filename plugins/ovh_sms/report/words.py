"""Numbers, durations and moments as people read them, in English or French."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from ovh_sms.report.language import ENGLISH, FRENCH, THIN, Translator

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ovh_sms.store.models import Resolution

ABSENT = "–"
_MONTHS = (
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
)


def count(value: float | None, language: str = ENGLISH) -> str:
    """Write a count or an amount of credits: ``12,345`` or ``0.5``; in French ``12 345`` or ``0,5``."""
    if value is None:
        return ABSENT
    if float(value).is_integer():
        return _number(f"{value:,.0f}", language)
    return _number(f"{value:,.2f}".rstrip("0").rstrip("."), language)


def money(value: float | None, currency: str, language: str = ENGLISH) -> str:
    """Write an amount of money: ``402.62 EUR``; of less than one with its four decimals: ``0.0411 EUR``."""
    if value is None:
        return ABSENT
    return f"{_number(f'{value:,.4f}' if 0 < abs(value) < 1 else f'{value:,.2f}', language)} {currency}"


def cents(amount: int, currency: str, language: str = ENGLISH) -> str:
    """Write whole cents with their two decimals: ``402.62 EUR``; in French ``402,62 EUR``."""
    sign, (whole, part) = "-" if amount < 0 else "", divmod(abs(amount), 100)
    return f"{_number(f'{sign}{whole:,}.{part:02d}', language)} {currency}".rstrip()


def percent(value: float | None, language: str = ENGLISH) -> str:
    """Write a percentage; never ``100 %`` or ``0 %`` of something that is merely close to it."""
    if value is None:
        return ABSENT
    if value in {0.0, 100.0}:
        return f"{value:.0f} %"
    if 99.95 <= value < 100:
        return _number(f"{min(value, 99.99):.2f} %", language)
    if value < 0.01:
        return _number("< 0.01 %", language)
    return _number(f"{value:.2f} %" if value < 1 else f"{value:.1f} %", language)


def duration(seconds: float | None, language: str = ENGLISH) -> str:
    """Write a duration in its two largest units: ``8 s``, ``2 min 5 s``, ``3 h``."""
    if seconds is None:
        return ABSENT
    if seconds < 10 and not float(seconds).is_integer():
        return _number(f"{seconds:.1f} s", language)
    left = round(seconds)
    shown: list[str] = []
    day = "j" if language == FRENCH else "d"
    for name, size in ((day, 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        amount, left = divmod(left, size)
        if shown or amount:
            shown.append(f"{amount} {name}" if amount else "")
    return " ".join(part for part in shown[:2] if part) or "0 s"


def moment(value: datetime | None, zone: ZoneInfo, language: str = ENGLISH) -> str:
    """Write a moment in a time zone: ``12 March 2026, 10:02``."""
    if value is None:
        return ABSENT
    local = value.astimezone(zone)
    month = _MONTHS[local.month - 1][language == FRENCH]
    return f"{local.day} {month} {local:%Y, %H:%M}"


def month(value: date, language: str = ENGLISH) -> str:
    """Write the month of a day: ``March 2026``; in French ``mars 2026``."""
    return f"{_MONTHS[value.month - 1][language == FRENCH]} {value.year}"


def difference(spent: float | None, estimated: float | None, say: Translator) -> str:
    """Compare credits spent with the estimate, in words."""
    if estimated is None:
        return say("not estimated")
    planned = count(estimated, say.language)
    if spent is None:
        return say("{n} estimated", n=planned)
    if spent == estimated:
        return say("exactly the {n} estimated", n=planned)
    by = count(abs(spent - estimated), say.language)
    if spent > estimated:
        return say("{by} more than the {n} estimated", by=by, n=planned)
    return say("{by} fewer than the {n} estimated", by=by, n=planned)


def sentence(text: str) -> str:
    """Begin a text with a capital; the rest of it stays as it is."""
    return text[:1].upper() + text[1:]


def surplus(messages: int, say: Translator) -> str:
    """Say how many messages OVH made beyond its answer."""
    return say.several(
        messages,
        "OVH made {n} message more than its answer accounts for: a person got the message more than once.",
        "OVH made {n} messages more than its answer accounts for: some people got the message more than once.",
    )


def resolved(tag: str, resolution: Resolution, zone: ZoneInfo, say: Translator) -> str:
    """Say who resolved an unknown outcome, when, and how."""
    at = moment(datetime.fromisoformat(resolution.at), zone, say.language)
    lost = say("OVH's answer to the batch {tag} was lost.", tag=tag)
    if resolution.way == "sent":
        how = say("{by} resolved it on {at} as sent: nothing was sent again.", by=resolution.by, at=at)
    elif resolution.although_credits_are_gone:
        how = say(
            "{by} resolved it on {at} as not sent: it was sent then, although credits were missing.",
            by=resolution.by,
            at=at,
        )
    else:
        how = say("{by} resolved it on {at} as not sent: it was sent then.", by=resolution.by, at=at)
    return f"{lost} {how}"


def mismatch(accepted: int, submitted: int, refused: int, say: Translator) -> str:
    """Say by how many the accepted receivers differ from those that OVH took and refused."""
    missing = accepted - submitted - refused
    numbers = {"accepted": accepted, "submitted": submitted, "refused": refused}
    sums = say(
        "These figures do not add up: {accepted} accepted, but {submitted} submitted and {refused} refused by OVH.",
        **{name: count(number, say.language) for name, number in numbers.items()},
    )
    if missing > 0:
        rest = say.several(missing, "{n} is unaccounted for.", "{n} are unaccounted for.")
    else:
        rest = say.several(-missing, "{n} is too many.", "{n} are too many.")
    return f"{sums} {rest}"


def _number(english: str, language: str) -> str:
    """Write a number as the language does."""
    if language != FRENCH:
        return english
    return english.replace(",", THIN).replace(".", ",")
