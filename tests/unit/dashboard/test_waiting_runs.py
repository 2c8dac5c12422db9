"""The page of an account names the runs that wait for its credits to those who may read them, and its command does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.report.account_lines import waiting_lines
from ovh_sms.report.account_view import account_view
from ovh_sms.report.language import translator
from ovh_sms.report.short_moments import short_moment
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.reservation_records import KnownReservations, WantedCredits
from ovh_sms.store.store import Store
from support.stores import new_store
from unit.dashboard.conftest import KNOWN, OTHER

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
ACCOUNT = "sms-ab12345-1"
#: Airflow does not know its DAG: nobody may read it.
GONE = replace(OTHER, dag_id="sms_campaign_gone")
PAGE = f"/ovh-sms/credits?account={ACCOUNT}"


@pytest.fixture
def store(web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An account with 10 credits, for which runs of three campaigns wait."""
    made = new_store(tmp_path / "waiting.sqlite")
    monkeypatch.setattr(reading, "_open", lambda: made)
    now = made.clock.now()
    made.credit_readings.add(CreditReading(account=ACCOUNT, at=now, credits=10.0, enough=1000))
    for number, (run, needed) in enumerate(((KNOWN, 1_240.0), (OTHER, 777.0), (GONE, 55.0))):
        wanted = WantedCredits(
            list_tag=f"l{number}",
            dag_id=run.dag_id,
            run_id=f"<b>{run.run_id}</b>",
            account=ACCOUNT,
            batches={"b": needed},
            lasts=timedelta(days=1),
        )
        assert not made.reservations.reserve(wanted, KnownReservations(), credits_left=10).is_reserved
        made.reservations.await_credits(f"l{number}", since=now - timedelta(hours=3), until=now + timedelta(hours=9))
    return made


def shown(web: TestClient, headers: dict[str, str], language: str = "en") -> str:
    answer = web.get(PAGE, headers={**headers, "Accept-Language": language})
    assert answer.status_code == 200
    found = re.search(r'aria-labelledby="waiting">(.*?)</section>', answer.text, re.S)
    return found[1] if found else ""


def moments(store: Store, language: str) -> list[str]:
    """Since when and until when the first run waits, as a page writes it."""
    first = store.reservations.waiting(ACCOUNT)[0]
    return [short_moment(each, ZoneInfo("Europe/Paris"), language) for each in (first.since, first.until)]


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Runs that wait for credits"), ("fr", "Exécutions qui attendent des crédits")]
)
def test_the_page_names_each_run_that_waits_its_credits_and_since_when(
    web: TestClient, as_person: AsPerson, store: Store, language: str, title: str
) -> None:
    page = shown(web, as_person("vic"), language)
    assert title in page
    assert "<b>" not in page
    count = "1,240" if language == "en" else "1 240"  # the thin blank is one of those that are joined
    since, until = moments(store, language)
    assert f"{KNOWN.campaign} &lt;b&gt;{KNOWN.run_id}&lt;/b&gt; {count} {since} {until}" in text(page)
    assert f"{OTHER.campaign} " in text(page)
    assert " 777 " in text(page)


def test_a_run_that_a_person_may_not_read_has_no_name(web: TestClient, as_person: AsPerson, store: Store) -> None:
    page = text(shown(web, as_person("vic")))
    assert "1 run that you may not read 55 " in page
    assert "gone" not in page


def test_a_run_whose_wait_has_ended_is_named_no_more(web: TestClient, as_person: AsPerson, store: Store) -> None:
    for number in range(3):
        store.reservations.end_wait(f"l{number}")
    assert shown(web, as_person("vic")) == ""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_command_says_the_same(store: Store, language: str) -> None:
    view = account_view(store, ACCOUNT, store.clock.now())
    lines = waiting_lines(view, translator(language))
    assert len(lines) == 3
    since, until = moments(store, language)
    run, dag = f"<b>{KNOWN.run_id}</b>", KNOWN.dag_id
    said = {
        "en": f"{run} of {dag} waits for 1,240 credits since {since}, until {until} at most.",
        "fr": f"{run} de {dag} attend 1\u202f240 crédits depuis {since}, jusqu'à {until} au plus.",
    }
    assert lines[0] == said[language]
