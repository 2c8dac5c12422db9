"""Moments with their weekday, in the zone of a campaign."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ovh_sms.report.language import FRENCH

_WEEKDAYS = (("Mon", "lun."), ("Tue", "mar."), ("Wed", "mer."), ("Thu", "jeu."), ("Fri", "ven."), ("Sat", "sam."))
_SUNDAY = ("Sun", "dim.")
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}


def short_moment(value: datetime, zone: ZoneInfo, language: str) -> str:
    """Write a moment with its weekday: ``Mon 30 Nov 08:00``; in French ``lun. 30 nov. 08:00``."""
    local = value.astimezone(zone)
    return f"{_day_and_month(local, language)} {local:%H:%M}"


def short_day(value: date, language: str) -> str:
    """Write a day with its weekday and year: ``Mon 30 Nov 2026``; in French ``lun. 30 nov. 2026``."""
    return f"{_day_and_month(value, language)} {value.year}"


def _day_and_month(value: date, language: str) -> str:
    day = (*_WEEKDAYS, _SUNDAY)[value.weekday()][language == FRENCH]
    month = _MONTHS["fr" if language == FRENCH else "en"][value.month - 1]
    return f"{day} {value.day} {month}"
