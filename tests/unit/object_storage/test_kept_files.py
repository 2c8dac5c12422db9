"""Files that a DAG file reads while it is parsed: one request for all of it, and no error if the bucket is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.campaign import kept_files
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.kept_files import keep_text, kept_text
from ovh_sms.campaign.last_good_files import keep_good_version, last_good_version
from support.object_store import Bucket


@pytest.fixture(autouse=True)
def new_process(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept_files._lists.clear()
    yield
    kept_files._lists.clear()


def requests(bucket: Bucket) -> int:
    found = len(bucket.store.requests)
    bucket.store.requests.clear()
    return found


def test_files_that_are_the_same_cost_one_request_in_all(bucket: Bucket) -> None:
    for at in range(20):
        keep_text(f"c{at}.json", f"text {at}")
    for at in range(20):
        assert kept_text(f"c{at}.json") == f"text {at}"
    kept_files._lists.clear()
    requests(bucket)
    for at in range(20):
        keep_text(f"c{at}.json", f"text {at}")
        assert kept_text(f"c{at}.json") == f"text {at}"
    assert requests(bucket) == 1


def test_what_another_host_wrote_is_read(bucket: Bucket) -> None:
    keep_text("spring.json", "mine")
    assert kept_text("spring.json") == "mine"
    bucket.store.client.put_object(Bucket=bucket.name, Key="ovh_sms/.campaigns/spring.json", Body=b"of another host")
    kept_files._lists.clear()
    assert kept_text("spring.json") == "of another host"


def test_a_machine_keeps_one_copy_of_a_file_and_that_is_its_newest(bucket: Bucket, tmp_path: Path) -> None:
    for text in ("first +33639980001", "second +33639980002"):
        keep_text("spring.json", text)
        assert kept_text("spring.json") == text
    (copy,) = tmp_path.glob("ovh_sms_campaigns-*/*")
    assert "+33639980002" in copy.read_text()
    assert "+33639980001" not in copy.read_text()


def test_a_bucket_that_is_away_is_asked_once_and_breaks_no_dag_file(
    bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.store.fails = lambda method, path: True
    campaign = Campaign.model_validate(
        {
            "name": "spring",
            "kind": "transactional",
            "sender": "MYSHOP",
            "message": "Bonjour",
            "contacts": {"file": "a.csv"},
            "budget": 10,
        }
    )
    keep_good_version(campaign)
    began, asked = time.monotonic(), requests(bucket)
    assert asked > 0
    for _ in range(50):
        assert last_good_version("spring") is None
    assert requests(bucket) == 0, time.monotonic() - began
    assert "the good version of campaign spring was not kept" in caplog.text
