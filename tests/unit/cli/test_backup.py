"""A back-up of the results, its restoration, and that nobody gets a message twice by it."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import ConfigurationError, JournalUnavailable, OvhSmsError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store_identity import variable_name
from ovh_sms.store.backup import back_up
from ovh_sms.store.store import Store
from support.cli import Command
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.sent import campaign, send
from support.stores import new_store
from unit.store.attempt_samples import IN_FLIGHT, an_attempt

NAME = variable_name("ovh_sms_results")
RESTORED = ("db", "restored", "--although-attempts-are-missing", "--include", "{include}")


def test_a_copy_is_whole_while_others_write(ovh_sms: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    store = new_store(tmp_path / "results.sqlite")
    stop = threading.Event()

    def write() -> None:
        for number in range(100_000):
            if stop.is_set():
                return
            store.audit.record("test", "somebody", f"entry {number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert store.attempts.claim(an_attempt(), in_flight_window=IN_FLIGHT)
        done = ovh_sms("db", "backup", tmp_path / "copy.sqlite", "--json")
    finally:
        stop.set()
        writer.join()
    assert (done.code, done.err) == (0, "")
    said = json.loads(done.out)
    assert (said["attempts"], said["id"]) == (1, store.identity.read())
    assert said["bytes"] == (tmp_path / "copy.sqlite").stat().st_size
    assert oct((tmp_path / "copy.sqlite").stat().st_mode & 0o777) == "0o600"
    copy = Store(f"sqlite:///{tmp_path}/copy.sqlite")
    assert copy.identity.secret() == store.identity.secret()
    copy.close()
    again = ovh_sms("db", "backup", tmp_path / "copy.sqlite")
    assert (again.code, again.out) == (2, "")
    assert "copy.sqlite exists. Nothing was written." in again.err
    assert sorted(each.name for each in tmp_path.iterdir() if "copy" in each.name) == ["copy.sqlite"]


def test_a_damaged_file_is_not_taken_for_a_back_up(tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite")
    store.close()
    with (tmp_path / "results.sqlite").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size - 3 * 4096)
        file.write(b"\xff" * 4096 * 3)
    with pytest.raises(ConfigurationError, match=r"damaged.*Nothing was written"):
        back_up(store, tmp_path / "copy.sqlite")
    assert not list(tmp_path.glob("copy*"))


def test_two_back_ups_into_one_file_at_once_leave_one_that_is_whole(tmp_path: Path) -> None:
    store, copy = new_store(tmp_path / "results.sqlite"), tmp_path / "copy.sqlite"
    (tmp_path / "copy.sqlite.part").write_text("somebody else's")
    ends: list[str] = []

    def write() -> None:
        try:
            back_up(store, copy)
            ends.append("written")
        except ConfigurationError as error:
            ends.append(error.what)

    both = [threading.Thread(target=write) for _ in range(4)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert set(ends) <= {"written", f"{copy} exists."}
    assert "written" in ends
    kept = Store(f"sqlite:///{copy}")
    assert kept.identity.read() == store.identity.read()
    kept.close()
    store.close()
    assert sorted(each.name for each in tmp_path.glob("copy*")) == ["copy.sqlite", "copy.sqlite.part"]


def received(sandbox: SandboxProcess) -> Counter[str]:
    return Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))


def test_after_an_older_back_up_was_put_back_nobody_gets_a_message_twice(
    as_command: Any, sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    campaign(tmp_path)
    results = tmp_path / "data" / "results.sqlite"
    send(tmp_path, 100, run_id="first", delay=0)
    assert as_command("db", "backup", tmp_path / "copy.sqlite").code == 0
    send(tmp_path, 200, run_id="second", delay=0)
    sandbox.clock(advance=300)
    for name in ("", "-wal", "-shm"):
        Path(f"{results}{name}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.sqlite", results)

    for run_id, people in (("second", 200), ("third", 300)):
        with pytest.raises(JournalUnavailable, match="restored from a back-up"):
            send(tmp_path, people, run_id=run_id, delay=0)
    done = as_command("db", "restored", "--include", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "2 or more are missing" in done.err

    done = as_command(*RESTORED, "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["read"] == 5
    for run_id in ("second", "fourth"):  # cleared, or another run for the same people
        with pytest.raises(OvhSmsError, match="Nothing was sent"):
            send(tmp_path, 200, run_id=run_id, delay=0)
    later = leaping.now() + timedelta(seconds=1)
    send(tmp_path, 400, run_id="fifth", delay=0, run_after=later)
    sandbox.clock(advance=300)
    counted = received(sandbox)
    assert set(counted.values()) == {1}
    assert len(counted) == 15, "the people of the first, second and fifth run"


@pytest.mark.usefixtures("leaping")
def test_what_a_user_sent_is_read_too_though_ovh_lists_it_for_the_user_alone(
    as_command: Any, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    campaign(tmp_path)
    sandbox.features(user_messages="user")
    client = OvhSmsHook().client
    client.users.create("desk", "a1b2c3d4")
    given: dict[str, Any] = {"sender": "MYSHOP", "stop_clause": False, "message": "Bonjour", "user": "desk"}
    for tag, number in (("left", "+33639980001"), ("waits", "+33639980002")):
        delay = {"delay_minutes": 60} if tag == "waits" else {}
        request = SubmissionRequest(receivers=[number], tag=tag, **given, **delay)
        client.as_user("desk").jobs.submit(request)
    sandbox.clock(advance=300)
    assert json.loads(as_command(*RESTORED, "--json").out)["read"] == 0
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "shop.yaml").write_text("users:\n  logins:\n    desk:\n    gone:\n", encoding="utf-8")
    done = as_command(*RESTORED, "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["read"] == 2
