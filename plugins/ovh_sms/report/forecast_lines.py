"""The forecast of an account in the reader's language."""

from __future__ import annotations

from datetime import date

from ovh_sms.forecast.forecast import Forecast
from ovh_sms.report.language import Translator
from ovh_sms.report.short_moments import short_day
from ovh_sms.report.words import count


def forecast_lines(forecast: Forecast, say: Translator) -> list[str]:
    """Say how long the credits last, and what that is based on: one line for each sentence."""
    return [
        say(each.text, **{name: _value(value, say.language) for name, value in each.values.items()})
        for each in forecast.basis()
    ]


def _value(value: float | date, language: str) -> str:
    return short_day(value, language) if isinstance(value, date) else count(round(value), language)
