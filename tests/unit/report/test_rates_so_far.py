"""The page of a run with batches still to come: its rates are those of what was sent so far."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ovh_sms.report.language import translator
from ovh_sms.report.page import run_view
from ovh_sms.store.store import Store
from unit.report.report_sample import large
from unit.report.test_figures import collected, run_of


@pytest.mark.parametrize("submitted", [60, 70])
def test_rates_and_bar_of_a_run_with_a_batch_still_to_come_are_of_what_was_sent(
    empty_store: Store, submitted: int
) -> None:
    collected(empty_store, large()[1][:60], batches=2, submitted=submitted)
    found = run_of(empty_store)
    assert {found.rates[name].whole for name in ("delivered", "failed", "expired", "pending")} == {submitted}
    assert found.rates["delivered"].part == found.delivered > 0
    shown = run_view(found, ZoneInfo("Europe/Paris"), translator("en"))
    (statuses,) = [card for card in shown.cards if card.name == "statuses"]
    assert sum(bar.share for bar in statuses.stack) == pytest.approx(100)
