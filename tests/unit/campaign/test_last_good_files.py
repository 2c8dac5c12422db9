"""The good version of a campaign file is read back as it was, also where it writes only some of two fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.last_good_files import keep_good_version, last_good_version
from ovh_sms.campaign.last_run import LastRun, keep_last_run, last_run
from ovh_sms.campaign.yaml_files import load_file
from support.pages import DOCS, blocks

EXAMPLES = {
    f"{page.stem} {at}": body
    for page in sorted(DOCS.glob("*.md"))
    for at, (_, mark, body) in enumerate(blocks(page))
    if mark == "campaign"
}
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def campaign(folder: Path, text: str) -> Campaign:
    file = folder / "spring.yaml"
    file.write_text(text, encoding="utf-8")
    return load_file(file, Campaign)


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_every_campaign_of_the_documentation_is_read_back_as_it_was(tmp_path: Path, text: str) -> None:
    good = campaign(tmp_path, text)
    keep_good_version(good)
    assert last_good_version("spring") == good


def test_there_are_examples_of_every_kind() -> None:
    texts = " ".join(EXAMPLES.values())
    assert len(EXAMPLES) > 3
    for part in ("schedule:", "asset", "marketing", "transactional"):
        assert part in texts


def test_only_the_account_of_the_tasks_reads_what_is_kept(tmp_path: Path, data: Path) -> None:
    keep_good_version(campaign(tmp_path, next(iter(EXAMPLES.values()))))
    keep_last_run("spring", LastRun(sent_at=NOW, people=1, credits=1))
    kept = sorted((data / ".campaigns").iterdir())
    assert [each.name for each in kept] == ["spring.json", "spring.last_run.json"]
    assert {each.stat().st_mode & 0o777 for each in kept} == {0o600}


@pytest.mark.parametrize("name", ["autumn", "../spring", ".."])
def test_a_version_that_is_not_kept_is_not_known(name: str) -> None:
    assert last_good_version(name) is None


def test_a_version_that_cannot_be_read_any_more_is_not_known(tmp_path: Path, data: Path) -> None:
    keep_good_version(campaign(tmp_path, next(iter(EXAMPLES.values()))))
    (data / ".campaigns" / "spring.json").write_text('{"name": "spring"}')
    assert last_good_version("spring") is None


def test_a_data_folder_that_cannot_be_written_hinders_no_campaign(tmp_path: Path, data: Path) -> None:
    data.write_text("a file")
    keep_good_version(campaign(tmp_path, next(iter(EXAMPLES.values()))))
    keep_last_run("spring", LastRun(sent_at=NOW, people=1, credits=1))
    assert last_good_version("spring") is None
    assert last_run("spring") is None


def test_the_report_of_an_earlier_run_does_not_stand_for_the_last() -> None:
    latest = LastRun(sent_at=NOW, people=9815, credits=None)
    keep_last_run("spring", latest)
    keep_last_run("spring", LastRun(sent_at=NOW - timedelta(days=1), people=1, credits=1))
    assert last_run("spring") == latest
    shown = "The last run with a report, of Sat 2026-11-28 12:00, went to 9,815 people for a cost that nobody knows."
    assert latest.text("Indian/Reunion") == shown
