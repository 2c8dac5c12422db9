"""``ovh-sms preview`` says which limits of the campaign file would stop the next run, as its preflight would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovh_sms.errors import LimitExceeded
from support.approvals import CAMPAIGN, approved_run, checked
from support.campaign_runs import people
from support.cli import Command
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")
ALONE = CAMPAIGN.replace("approval: {by: [alice], within_hours: 5}\n", "")


def write(include: Path, limits: str, rows: list[str], *, file: str = ALONE) -> None:
    approved_run(include, file=f"{file}limits: {{rejected: 100 %, {limits}}}\n")
    (include / "contacts").mkdir(exist_ok=True)
    (include / "contacts" / "spring.csv").write_text("\n".join(["numero;prenom", *rows]) + "\n", encoding="utf-8")


def previewed(ovh_sms: Command, include: Path, *more: object) -> str:
    done = ovh_sms("preview", "spring", "--include", include, *more)
    assert (done.code, done.err) == (0, "")
    return done.out


@pytest.fixture
def sent(sandbox: SandboxProcess, tmp_path: Path) -> Path:
    """A run that was sent to 20 people, 2 of 22 rows rejected."""
    run = approved_run(tmp_path, run_id="manual__0", file=ALONE)
    run.prepare([*people(0, 20), "12;x", "13;x"])
    run.send_all()
    return tmp_path


def test_limits_that_would_stop_the_run_are_named_with_the_figures_of_its_preflight(
    sent: Path, ovh_sms: Command
) -> None:
    rows, limits = [*people(100, 41), *["12;x"] * 10], "rows: 40, growth: 2, rejected_growth: 2, price: 0.5"
    write(sent, limits, rows)
    shown = previewed(ovh_sms, sent, "--ask-ovh")
    run = approved_run(sent, file=f"{ALONE}limits: {{rejected: 100 %, {limits}}}\n")
    run.prepare(rows)
    with pytest.raises(LimitExceeded) as caught:
        checked(run)
    said = str(caught.value).partition(" Nothing was sent.")[0]
    assert said.count("' allows ") == 4
    lines = [line.removesuffix(": the run would stop") for line in shown.splitlines() if line.endswith("would stop")]
    assert ". ".join(lines) + "." == said


def test_limits_that_are_kept_have_their_figures_too(sent: Path, ovh_sms: Command) -> None:
    write(sent, "rows: 40, growth: 2, rejected_growth: 2, price: 9", people(100, 30))
    shown = previewed(ovh_sms, sent, "--price-per-credit", "0.1")
    assert "Limit 'rows' kept: 30 people of 40\n" in shown
    assert "Limit 'growth' kept: 30 people, 20 in the last run that was sent\n" in shown
    assert (
        "Limit 'rejected_growth' kept: 0 of 30 rows rejected for their faults, 2 of 22 in the last run that was sent\n"
        in shown
    )
    assert "Limit 'price' kept: 3.00 of 9.00 without tax\n" in shown


def test_what_nobody_can_compare_is_said(sandbox: SandboxProcess, tmp_path: Path, ovh_sms: Command) -> None:
    write(tmp_path, "growth: 2, price: 9", people(100, 30))
    shown = previewed(ovh_sms, tmp_path)
    assert "Limit 'growth' not compared: no run of the campaign was sent\n" in shown
    assert "Limit 'price' not compared: the price of a credit is not known: give --ask-ovh" in shown
    assert "would stop" not in shown


def test_results_that_cannot_be_read_stop_no_preview(
    tmp_path: Path, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "none"))
    write(tmp_path, "growth: 2", people(100, 30))
    assert "Limit 'growth' not compared: the last run is not known. The results" in previewed(ovh_sms, tmp_path)
    assert not (tmp_path / "none").exists()


def test_with_approval_a_person_is_asked_about_unusual_growth_too(sent: Path, ovh_sms: Command) -> None:
    write(sent, "rows: 200", people(100, 201), file=CAMPAIGN)
    shown = previewed(ovh_sms, sent)
    assert "The list has 201 people: a person would be asked\n" in shown
    assert "10.1 times as many as the last run that was sent (20): a person would be asked\n" in shown
    found = json.loads(previewed(ovh_sms, sent, "--json"))["limits"]
    assert [(each["name"], each["state"]) for each in found] == [("rows", "exceeded"), ("growth", "exceeded")]
