"""Limits of a campaign file stop a run before anything is uploaded, with figures; a person may pass over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import LimitExceeded
from support.approvals import CAMPAIGN, approved_run, checked
from support.campaign_runs import CampaignRun, people
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")
ALONE = CAMPAIGN.replace("approval: {by: [alice], within_hours: 5}\n", "")


def limited(
    include: Path, limits: str, rows: list[str], *, run_id: str = "manual__1", file: str = ALONE
) -> CampaignRun:
    """A prepared run of a campaign with limits."""
    run = approved_run(include, run_id=run_id, file=f"{file}limits: {{rejected: 100 %, {limits}}}\n")
    run.prepare(rows)
    return run


@pytest.fixture
def sent(sandbox: SandboxProcess, tmp_path: Path) -> Path:
    """A run that was sent to 20 people, 2 of 22 rows rejected."""
    run = approved_run(tmp_path, run_id="manual__0", file=ALONE)
    run.prepare([*people(0, 20), "12;x", "13;x"])
    run.send_all()
    return tmp_path


def refusal(run: CampaignRun) -> str:
    with pytest.raises(LimitExceeded) as caught:
        checked(run)
    return str(caught.value)


def test_more_people_than_rows_allows_fail_the_run(sandbox: SandboxProcess, tmp_path: Path) -> None:
    said = refusal(limited(tmp_path, "rows: 39", people(100, 40)))
    assert said.startswith("The list has 40 people; 'rows' allows 39. Nothing was sent. Check the contact list.")
    assert "raise 'rows' below 'limits'" in said
    assert checked(limited(tmp_path, "rows: 40", people(100, 40)))["price"] is None, "nobody needs it"


def test_a_list_that_has_grown_fails_the_run(sent: Path) -> None:
    said = refusal(limited(sent, "growth: 2", people(100, 41)))
    assert (
        "The list has 41 people, 2.05 times as many as the last run that was sent (20); 'growth' allows 2 times."
        in said
    )
    checked(limited(sent, "growth: 2", people(100, 40), run_id="manual__2"))


def test_without_a_run_that_was_sent_nothing_has_grown(sandbox: SandboxProcess, tmp_path: Path) -> None:
    unsent = limited(tmp_path, "rows: 9", people(100, 1))
    checked(unsent)
    checked(limited(tmp_path, "growth: 2, rejected_growth: 2", [*people(100, 40), *["12;x"] * 30], run_id="manual__2"))


def test_more_rejects_than_last_time_fail_the_run(sent: Path) -> None:
    said = refusal(limited(sent, "rejected_growth: 2", [*people(100, 40), *["12;x"] * 10]))
    figures = "10 of 50 rows were rejected for their faults (20.0 %), 2 of 22 in the last run that was sent (9.1 %)"
    assert f"{figures}; 'rejected_growth' allows 2 times the share." in said
    few = [*people(100, 40), *["12;x"] * 9]
    checked(limited(sent, "rejected_growth: 2", few, run_id="manual__2"))


def test_a_price_above_the_limit_fails_the_run(sandbox: SandboxProcess, tmp_path: Path) -> None:
    said = refusal(limited(tmp_path, "price: 0.5", people(100, 40)))
    assert "EUR without tax (40 credits); 'price' allows 0.50." in said
    found = checked(limited(tmp_path, "price: 50", people(100, 40), run_id="manual__2"))
    assert found["price"]["currency"] == "EUR"


def test_a_price_that_ovh_does_not_quote_fails_a_run_with_a_limit(sandbox: SandboxProcess, tmp_path: Path) -> None:
    for path in ("/sms/rates/packs", "/sms/rates/destinations"):
        sandbox.fault("status", method="GET", path=path, status=403, times=9)
    said = refusal(limited(tmp_path, "price: 50", people(100, 40)))
    assert "The run costs 40 credits, and OVH does not quote the price of a credit; 'price' allows 50.00." in said


def test_a_person_decides_about_a_run_over_its_limits(sandbox: SandboxProcess, tmp_path: Path) -> None:
    found: dict[str, Any] = checked(limited(tmp_path, "rows: 3, price: 0.01", people(100, 40), file=CAMPAIGN))
    assert found["cost"] == 40.0


def test_several_limits_are_named_in_one_error(sent: Path) -> None:
    said = refusal(limited(sent, "rows: 10, growth: 1.5", people(100, 40)))
    assert "raise 'rows' and 'growth' below 'limits'" in said
