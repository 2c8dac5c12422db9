"""The credits of an account on pages: as last read, less what was spent, with the forecast that counts most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ovh_sms.forecast.forecast import Forecast
from ovh_sms.forecast.spending import AccountSpending, Spending
from ovh_sms.report.account_credits import AccountCredits, account_credits
from ovh_sms.report.forecast_lines import forecast_lines
from ovh_sms.report.language import translator
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.spending import Balance

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def known(*days: int) -> AccountSpending:
    found = tuple(Spending(at=NOW - timedelta(days=day), credits=100.0) for day in days)
    return AccountSpending(spendings=found, known_since=NOW - timedelta(days=max(days)))


def test_what_was_spent_since_the_credits_were_read_is_taken_off() -> None:
    balances = [Balance(NOW - timedelta(days=20), 9000.0), Balance(NOW - timedelta(days=2), 1000.0)]
    found = account_credits("sms-aa1-1", balances=balances, reading=None, known=known(1, 3, 30), now=NOW)
    assert found
    assert (found.account, found.credits, found.read_at) == ("sms-aa1-1", 900.0, NOW - timedelta(days=2))
    assert not found.has_plan


def test_the_forecast_of_a_check_is_shown_until_a_run_reads_the_credits_again() -> None:
    day = (NOW + timedelta(days=9)).date()
    made = Forecast(made_at=NOW - timedelta(hours=5), credits_left=1000.0, per_day=100.0, dry_on=day, earliest=day)
    reading = CreditReading(account="sms-aa1-1", at=made.made_at, credits=1000.0, forecast=made.to_json())
    own = Balance(reading.at, 1000.0)
    given: dict[str, Any] = {"reading": reading, "known": known(*range(1, 20)), "now": NOW}
    found = account_credits("sms-aa1-1", balances=[own], **given)
    assert found
    assert (found.has_plan, found.days) == (True, 9)
    later = account_credits("sms-aa1-1", balances=[own, Balance(NOW - timedelta(hours=1), 300.0)], **given)
    assert later
    assert (later.has_plan, later.credits) == (False, 300.0)
    assert later.days is not None
    assert later.days < 5


def test_an_account_that_was_never_read_is_not_shown() -> None:
    assert account_credits("sms-aa1-1", balances=[], reading=None, known=AccountSpending(), now=NOW) is None


def spending(*days_ago: int, since: float = 30) -> AccountSpending:
    spendings = [Spending(at=NOW - timedelta(days=each), credits=100.0) for each in days_ago]
    return AccountSpending(spendings=spendings, known_since=NOW - timedelta(days=since))


def of_rate(known: AccountSpending) -> AccountCredits:
    """The credits of an account that a run read a day ago."""
    balances = [Balance(NOW - timedelta(days=1), 1000.0)]
    found = account_credits("sms-aa1-1", balances=balances, reading=None, known=known, now=NOW)
    assert found
    return found


@pytest.mark.parametrize(
    ("spent", "left", "lasting"),
    [
        (spending(*range(2, 31)), 1000.0, 10),
        (spending(*range(31)), 800.0, 8),
        (spending(since=30), 1000.0, None),
        (AccountSpending(), 1000.0, None),
    ],
    ids=["each day", "since the check too", "nothing", "no history"],
)
def test_credits_last_as_long_as_the_forecast_says(spent: AccountSpending, left: float, lasting: int | None) -> None:
    found = of_rate(spent)
    assert (found.account, found.credits, found.forecast.credits_left) == ("sms-aa1-1", left, left)
    assert found.forecast.days == (pytest.approx(lasting, abs=1) if lasting else None)


def test_the_forecast_is_said_in_the_readers_language() -> None:
    found = of_rate(spending(*range(2, 31)))
    assert forecast_lines(found.forecast, translator("en")) == [str(each) for each in found.forecast.basis()]
    first, second = forecast_lines(found.forecast, translator("fr"))
    assert first.startswith("Les crédits suffisent jusqu'au lun. 30 nov. 2026 environ : au plus tôt le ")
    assert second.endswith("crédits par jour. Jours de dépense connus : 30.")
