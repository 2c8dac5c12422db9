"""Pages read lists from a bucket; they say so if it does not answer, and give no file of another place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ovh_sms.dashboard import reading
from ovh_sms.hooks import object_storage
from ovh_sms.settings import data_path
from support.object_store import Bucket, new_bucket, object_store
from support.stores import new_store
from support.waiting_for_approval import TAG, waiting_run
from unit.dashboard.conftest import KNOWN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
RUN_ID = "manual__stored"


@pytest.fixture
def bucket(web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket with the prepared list of a run."""
    store = new_store(tmp_path / "results.sqlite")
    monkeypatch.setattr(reading, "_open", lambda: store)
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 2)
    with object_store() as server:
        found = new_bucket(server, monkeypatch)
        given = {"dag_id": KNOWN.dag_id, "run_id": RUN_ID, "account": KNOWN.account}
        waiting_run(store, data_path(), names=["Eva", "Maximilian", "Al"], **given)
        yield found
    store.close()
    object_storage._opened.cache_clear()


def page(web: TestClient, headers: dict[str, str], name: str) -> str:
    answer = web.get(f"/ovh-sms/{name}?{urlencode({'dag_id': KNOWN.dag_id, 'run_id': RUN_ID})}", headers=headers)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_messages_and_rejects_of_a_list_in_a_bucket_are_shown(
    bucket: Bucket, web: TestClient, as_person: AsPerson
) -> None:
    assert "Bonjour Maximilian, vos jeux vous attendent en magasin." in page(web, as_person("eddy"), "preview")
    assert f"spring/{TAG}/0001" in page(web, as_person("eddy"), "run")
    query = urlencode({"dag_id": KNOWN.dag_id, "run_id": RUN_ID, "list_tag": TAG})
    answer = web.get(f"/ovh-sms/rejects.csv?{query}", headers=as_person("eddy"))
    assert (answer.status_code, answer.text) == (200, "line;column;value;reason\n")
    assert f"rejects_{TAG}.csv" in answer.headers["Content-Disposition"]


def test_a_bucket_that_is_away_is_said_on_the_page(bucket: Bucket, web: TestClient, as_person: AsPerson) -> None:
    bucket.store.fails = lambda method, path: True
    shown = page(web, as_person("eddy"), "preview")
    assert "The prepared list is not in the data folder of the API server" in shown
    query = urlencode({"dag_id": KNOWN.dag_id, "run_id": RUN_ID, "list_tag": TAG})
    assert web.get(f"/ovh-sms/rejects.csv?{query}", headers=as_person("eddy")).status_code == 404
