"""The page of a run's rejected rows counts as the run does, if its files are out of reach too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ovh_sms.dashboard import reading
from ovh_sms.store.run_records import RunRecord
from unit.dashboard.conftest import KNOWN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]


def rejects(web: TestClient, headers: dict[str, str], run_id: str, **prepared: Any) -> str:
    """The page of a run that was not sent."""
    record = RunRecord(
        list_tag=f"l{run_id}"[:20], dag_id=KNOWN.dag_id, run_id=run_id, campaign=KNOWN.campaign, account=KNOWN.account
    )
    reading.store().runs.start(record)
    if prepared:
        values = {"folder": "/on/another/machine", "digest": "d", "batches": 1, **prepared}
        reading.store().runs.prepared(replace(record, **values), [])
    path = f"/ovh-sms/rejects?{urlencode({'dag_id': KNOWN.dag_id, 'run_id': run_id})}"
    answer = web.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_run_that_was_not_sent_shows_its_rejects_without_its_files(web: TestClient, as_person: AsPerson) -> None:
    counts = {"rows": 300, "accepted": 114, "rejected": {"duplicate": 180, "no_number": 6}}
    shown = rejects(web, as_person("vic"), "manual__blocked", **counts)
    assert "186 rows were rejected" in shown
    assert "<code>duplicate</code>" in shown
    assert KNOWN.campaign in shown


def test_a_list_without_rejects_names_its_rows(web: TestClient, as_person: AsPerson) -> None:
    shown = rejects(web, as_person("vic"), "manual__clean", rows=300, accepted=300)
    assert "None of the 300 rows of the list was rejected." in shown


def test_a_list_that_is_not_prepared_is_not_called_clean(web: TestClient, as_person: AsPerson) -> None:
    shown = rejects(web, as_person("vic"), "manual__unread")
    assert "The list is not prepared: its rows are not counted." in shown
