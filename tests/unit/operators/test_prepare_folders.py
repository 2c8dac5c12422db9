"""No folder with phone numbers is left by a preparation that failed or was killed, and no published list is removed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import ContactsError
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.store.published_lists import PublishedLists
from support.airflow_task import context
from support.sandbox import SandboxProcess

DAY = 24 * 3600


def prepare(folder: Path, *, run_id: str = "run_1", campaign: str = "spring", message: str = "Bonjour #prenom#") -> Any:
    source = folder / "list.csv"
    source.write_text("numero;prenom\n0639980000;P0\n")
    task = PrepareContactsOperator(
        task_id="prepare", campaign=campaign, contacts=str(source), message=message, stop_clause=False
    )
    return task.execute(context(task_id="prepare", run_id=run_id))


def killed(folder: Path, monkeypatch: pytest.MonkeyPatch, *, stored: bool, **given: Any) -> Path:
    """A preparation that is killed right before its list is published, or right after: its folder."""
    publish, folders = PublishedLists.publish, []

    def kill(self: PublishedLists, wanted: Any, **more: Any) -> Any:
        folders.append(Path(wanted.folder))
        if stored:
            publish(self, wanted)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PublishedLists, "publish", kill)
        with pytest.raises(KeyboardInterrupt):
            prepare(folder, **given)
    return folders[0]


def age(folder: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(folder, (at, at))


def test_a_preparation_that_fails_leaves_no_folder(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with pytest.raises(ContactsError):
        prepare(tmp_path, message="Bonjour #ville#")
    assert list((tmp_path / "data" / "spring").glob("*/*")) == []


@pytest.mark.parametrize(("seconds", "stays"), [(DAY - 60, True), (DAY + 60, False)])
def test_the_next_preparation_of_the_campaign_removes_the_folder_of_a_killed_one_after_a_day(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, stays: bool
) -> None:
    left = killed(tmp_path, monkeypatch, stored=False)
    assert (left / "prepared.csv").exists()
    age(left, seconds)
    made = prepare(tmp_path, run_id="run_2")
    assert left.exists() == stays
    assert Path(made["list_path"]).exists()


def test_a_published_list_is_never_removed(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = [Path(prepare(tmp_path)["folder"]), killed(tmp_path, monkeypatch, stored=True, run_id="run_2")]
    for each in published:
        age(each, 30 * DAY)
    prepare(tmp_path, run_id="run_3")
    assert all((each / "prepared.csv").exists() for each in published)
    assert Path(prepare(tmp_path, run_id="run_2")["folder"]) == published[1]


def test_a_list_published_under_another_path_of_the_same_data_folder_is_not_removed(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = killed(tmp_path, monkeypatch, stored=True)
    store = ResultsHook().store
    (known,) = store.published_lists.of_run("a_dag", "run_1")
    with store.database.writing() as connection:
        elsewhere = known.folder.replace(f"{tmp_path}/data", "/mnt/shared")
        connection.exec_driver_sql("UPDATE ovh_sms_published_lists SET folder = ?", (elsewhere,))
    age(published, 2 * DAY)
    prepare(tmp_path, run_id="run_2")
    assert (published / "prepared.csv").exists()


def test_nothing_outside_of_the_campaigns_folder_is_removed(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = killed(tmp_path, monkeypatch, stored=False, campaign="summer")
    age(other, 2 * DAY)
    campaign = tmp_path / "data" / "spring"
    (campaign / "a_run").mkdir(parents=True)
    (campaign / "a_run" / other.name).symlink_to(other)
    (campaign / "another_run").symlink_to(other.parent)
    plain = campaign / "a_run" / "of_a_person"
    plain.mkdir()
    age(plain, 2 * DAY)
    prepare(tmp_path)
    assert (other / "prepared.csv").exists()
    assert plain.exists()
    prepare(tmp_path, campaign="summer", run_id="run_2")
    assert not other.exists()


def test_of_two_preparations_at_once_only_the_folder_of_the_published_list_stays(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, first = PublishedLists.publish, []

    def publish_late(self: PublishedLists, wanted: Any, **more: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(PublishedLists, "publish", publish)
            first.append(prepare(tmp_path, message="Salut #prenom#"))
        return publish(self, wanted, **more)

    with monkeypatch.context() as patch:
        patch.setattr(PublishedLists, "publish", publish_late)
        made = prepare(tmp_path)
    (found,) = (tmp_path / "data" / "spring").glob("*/*")
    assert str(found) == made["folder"] != first[0]["folder"]
