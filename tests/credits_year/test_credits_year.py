"""A part of `make credits`: one seed, and the proof that the proof can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credits_year.__main__ import main
from credits_year.accounts import ACCOUNTS
from credits_year.proof import SEEDS, TUNED_ON, breaches, run_years
from ovh_sms.forecast import need
from ovh_sms.forecast import outlook as rate
from ovh_sms.forecast.outlook import Outlook
from ovh_sms.forecast.spending import SpendingRate

SEED = 101
real_outlook = rate.outlook


def of_seed(name: str) -> list[str]:
    (account,) = (each for each in ACCOUNTS if each.name == name)
    (found,) = run_years([SEED], [account])
    return breaches(found)


def test_no_account_runs_dry_but_by_one_large_unannounced_campaign_and_none_holds_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "credits.json"
    monkeypatch.setattr("sys.argv", ["credits_year", "--seeds", str(SEED), "--json", str(out)])
    assert main() == 0
    found = json.loads(out.read_text())
    assert [year["account"] for year in found["years"]] == ["steady", "seasonal", "bursts"]
    assert found["breaches"] == []
    for year in found["years"]:
        assert year["orders"] > 10
        assert year["credits_spent"] > 100_000


def test_the_seeds_of_the_proof_were_not_used_for_tuning() -> None:
    assert len(SEEDS) == 3
    assert not {*SEEDS} & {*TUNED_ON}


def constant(per_day: float) -> Callable[..., Outlook]:
    """A forecast that learns nothing."""

    def made(known: Any, planned: Any, **given: Any) -> Outlook:
        always = SpendingRate(by_weekday=(per_day,) * 7, spread=0.0, uncertainty=0.0, days=84)
        return replace(real_outlook(known, (), **given), rate=always, unannounced=always)

    return made


def without_plan(known: Any, planned: Any, **given: Any) -> Outlook:
    return real_outlook(known, (), **given)


def counted_twice(known: Any, planned: Any, **given: Any) -> Outlook:
    """Scheduled campaigns in the rate and in the plan."""
    return replace(real_outlook(known, (), **given), planned=tuple(planned))


@pytest.mark.parametrize(
    ("account", "outlook"),
    [
        ("steady", constant(200)),
        ("seasonal", constant(200)),
        ("bursts", constant(60)),
        ("steady", constant(1_500)),
        ("bursts", without_plan),
        ("steady", counted_twice),
    ],
    ids=["constant", "constant, season", "constant, bursts", "constant, too high", "no plan", "counted twice"],
)
def test_without_a_rule_of_the_forecast_the_proof_fails(
    account: str, outlook: Callable[..., Outlook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate, "outlook", outlook)
    assert of_seed(account) != []


def test_without_what_is_spent_until_a_person_has_paid_the_proof_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    real = need.credits_needed

    def late(rule: need.StockRule, *given: Any, **more: Any) -> need.CreditsNeeded:
        asked = real(replace(rule, cover_days=1.0, pay_days=0.0), *given, **more)
        return replace(real(rule, *given, **more), credits=asked.credits, at_most=asked.at_most)

    monkeypatch.setattr(need, "credits_needed", late)
    assert of_seed("steady") != []


def test_with_orders_of_any_size_the_proof_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(need, "fitting_sizes", lambda needed, sizes: [size * 2 for size in sizes])
    assert of_seed("bursts") != []
