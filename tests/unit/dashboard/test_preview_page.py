"""The pages of a run that waits for approval: who is waited for, and the texts, masked, for those who may see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.dashboard import reading
from ovh_sms.store.campaign_approvals import REFUSED, ApprovalQuestion
from ovh_sms.store.run_records import BatchRecord, RunRecord
from ovh_sms.store.store import Store
from support.stores import new_store
from support.waiting_for_approval import TAG, waiting_run
from unit.dashboard.conftest import KNOWN
from unit.store.attempt_samples import an_attempt

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
RUN_ID = "manual__waits"
NAMES = ["Eva", "Maximilian", "Al", *[f"P{at}" for at in range(30)]]


@pytest.fixture
def store(web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = new_store(tmp_path / "data" / "results.sqlite")
    monkeypatch.setattr(reading, "_open", lambda: made)
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return made


@pytest.fixture
def prepared(store: Store, tmp_path: Path) -> PreparedList:
    given = {"dag_id": KNOWN.dag_id, "run_id": RUN_ID, "account": KNOWN.account}
    return waiting_run(store, tmp_path / "data", names=NAMES, **given)


def sent_run(store: Store) -> None:
    """Record an earlier run: 20 people, 2 of 24 rows rejected for their faults, 2 duplicates."""
    about = {"dag_id": KNOWN.dag_id, "run_id": "manual__earlier", "account": KNOWN.account}
    rejected = {"invalid_number": 2, "duplicate": 2}
    record = RunRecord(list_tag="c0", campaign="spring", rows=24, accepted=20, rejected=rejected, digest="d", **about)
    store.runs.start(record)
    store.runs.prepared(record, [BatchRecord(list_tag="c0", batch=1, receivers=20, credits=20.0, tag="b0")])
    assert store.attempts.claim(an_attempt("b0", **about), duplicate_window=None, in_flight_window=timedelta(minutes=1))
    store.attempts.succeed("b0", 1, answer={}, message_ids=[1])


def page(web: TestClient, headers: dict[str, str], name: str, language: str = "en") -> str:
    query = urlencode({"dag_id": KNOWN.dag_id, "run_id": RUN_ID}) if name in ("run", "preview") else ""
    answer = web.get(f"/ovh-sms/{name}?{query}", headers={**headers, "Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_the_texts_are_shown_to_those_who_may_edit_and_that_is_recorded(
    web: TestClient, as_person: AsPerson, store: Store, prepared: PreparedList
) -> None:
    shown = page(web, as_person("eddy"), "preview")
    for name in ("Eva", "Maximilian", "Al", "P16"):
        assert f"Bonjour {name}, vos jeux vous" in shown
    assert "the first text" in shown
    assert "the longest text" in shown
    assert "The first 20 of 33 receivers" in shown
    assert "P17" not in shown
    assert "+33 6 39 ·· ·· 01" in shown
    assert "39 98" not in shown
    assert "3998" not in shown
    (line,) = store.audit.list(action="open")
    assert (line.by, line.detail) == ("eddy", f"messages previewed: {KNOWN.dag_id}, {RUN_ID}")


def test_a_list_is_compared_with_the_last_run_that_was_sent(
    web: TestClient, as_person: AsPerson, store: Store, prepared: PreparedList
) -> None:
    shown = page(web, as_person("vic"), "preview")
    assert "The list has 33 people. No run of this campaign was sent before." in shown
    sent_run(store)
    shown = page(web, as_person("vic"), "preview")
    assert "The list has 33 people. The last run that was sent wrote to 20 people." in shown
    assert "0 of 33 rows were rejected for their faults, 2 of 24 in the last run that was sent." in shown
    question = ApprovalQuestion(
        until=store.clock.now() + timedelta(hours=4),
        people=33,
        credits=33.0,
        price=12.34,
        currency="EUR",
        figures={"exceeded": [{"name": "rows", "what": "", "allowed": "", "numbers": {"people": 33}}]},
    )
    store.campaign_approvals.ask(TAG, prepared.digest, question)
    assert "These are more people than `limits` allows." in page(web, as_person("vic"), "preview")
    assert "La dernière exécution envoyée a écrit à 20 personnes." in page(web, as_person("vic"), "preview", "fr")


def test_those_who_may_only_read_see_the_lengths_of_the_values(
    web: TestClient, as_person: AsPerson, store: Store, prepared: PreparedList
) -> None:
    shown = page(web, as_person("vic"), "preview")
    assert "Bonjour [prenom: 10], vos jeux vous" in shown
    assert "Maximilian" not in shown
    assert "the right to edit the DAG is needed" in shown
    assert store.audit.list(action="open") == []


def test_a_list_outside_of_the_data_folder_is_not_read(
    web: TestClient, as_person: AsPerson, prepared: PreparedList, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    (path,) = [each.list_path for each in prepared.batches]
    path.rename(secret)
    path.symlink_to(secret)
    shown = page(web, as_person("eddy"), "preview")
    assert "The prepared list is not in the data folder of the API server" in shown
    assert "Bonjour" not in shown


def test_the_run_and_the_overview_say_who_is_waited_for(
    web: TestClient, as_person: AsPerson, prepared: PreparedList
) -> None:
    shown = page(web, as_person("eddy"), "run")
    assert "Waits for approval by a person since" in shown
    assert "33 people, 33 credits (12.34 EUR without tax)." in shown
    assert "The last run that was sent wrote to 1 person: 33 times as many now." in shown
    assert "Approve or refuse it in Airflow" in shown
    assert "Approval asked for" in shown
    assert "+33 6 39 ·· ·· 09 the first text accepted by OVH" in shown
    assert "under way, or its outcome is unknown" in shown
    overview = page(web, as_person("eddy"), "")
    assert "Needs you" in overview
    assert "Waits for approval by a person since" in overview
    french = page(web, as_person("eddy"), "run", "fr")
    assert "Attend l'approbation d'une personne depuis" in french
    assert "le premier texte" in french


def test_a_refused_run_names_who_has_refused_it(
    web: TestClient, as_person: AsPerson, store: Store, prepared: PreparedList
) -> None:
    store.campaign_approvals.decide(TAG, prepared.digest, REFUSED, by="alice")
    shown = page(web, as_person("vic"), "run")
    assert "Not sent: alice refused it" in shown
    assert "Approve or refuse it in Airflow" not in shown
    assert "Needs you (1)" not in page(web, as_person("vic"), "")
