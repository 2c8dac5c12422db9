"""The base of long runs of faults: repeatable chance, counts and jobs that outlive a crash."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from ovh_sandbox.faults import Kind
from ovh_sandbox.state import State
from support.sandbox import ROOT, SandboxProcess
from support.signed import ACCOUNT, JOBS, RECEIVERS, Answer, Signed


def post(api: Signed, *, tag: str = "t", **about: Any) -> Answer:
    return api.post(JOBS, {"message": "Hello", "sender": "MYSHOP", "tag": tag, "receivers": RECEIVERS}, **about)


def hits(sandbox: SandboxProcess, calls: int, **about: Any) -> list[int]:
    sandbox.reset()
    sandbox.fault("status", path="/sms", times=None, **about)
    api = Signed(sandbox)
    return [call for call in range(calls) if api.get("/sms").status == 500]


def test_chance_hits_the_same_calls_from_the_same_seed(sandbox: SandboxProcess) -> None:
    first = hits(sandbox, 100, chance=0.2, seed=7)
    assert 8 <= len(first) <= 35
    assert sandbox.fired() == {"status": len(first)}
    assert hits(sandbox, 100, chance=0.2, seed=7) == first
    assert hits(sandbox, 100, chance=0.2, seed=8) != first
    assert hits(sandbox, 10, chance=0) == []
    assert hits(sandbox, 10, chance=1) == list(range(10))


def test_chance_waits_for_its_turn_and_ends(sandbox: SandboxProcess) -> None:
    every = hits(sandbox, 60, chance=0.3, seed=3)
    assert hits(sandbox, 60, chance=0.3, seed=3, after=5) == [call + 5 for call in every if call < 55]
    sandbox.reset()
    sandbox.fault("status", path="/sms", times=2, chance=0.3, seed=3)
    api = Signed(sandbox)
    assert [call for call in range(60) if api.get("/sms").status == 500] == every[:2]


def test_faults_of_one_seed_hit_different_calls(api: Signed, sandbox: SandboxProcess) -> None:
    for kind in ("html_502", "status", "wrong_json"):
        sandbox.fault(kind, path="/sms", times=None, chance=0.2, seed=7)
    for _ in range(80):
        api.get("/sms")
    fired = sandbox.fired()
    assert set(fired) == {"html_502", "status", "wrong_json"}
    assert min(fired.values()) >= 4


def test_what_fired_is_counted_by_kind_until_the_world_ends(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("html_502", times=2)
    sandbox.fault("status", after=2)
    assert [api.get("/sms").status for _ in range(4)] == [502, 502, 500, 200]
    sandbox.clear_faults()
    assert sandbox.ask("GET", "/faults/fired") == {"total": 3, "by_kind": {"html_502": 2, "status": 1}}
    sandbox.reset()
    assert sandbox.fired() == {}


def crashed(sandbox: SandboxProcess) -> Signed:
    port = sandbox.port
    assert sandbox.kill() == -9
    sandbox.start()
    assert sandbox.port == port
    return Signed(sandbox)


def test_what_was_answered_outlives_a_crash(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        api = Signed(sandbox)
        left = api.get(ACCOUNT).json["creditsLeft"]
        for round_ in range(3):
            report = post(api, tag=f"t{round_}").json
            order = api.post("/order/sms/sms-sb00001-1/credits", {"quantity": 100}).json["orderId"]
            api = crashed(sandbox)
            truth = sandbox.truth(f"t{round_}")
            assert (truth["accepted"], truth["twice"]) == (len(report["validReceivers"]), 0)
            left -= report["totalCreditsRemoved"]
            assert api.get(ACCOUNT).json["creditsLeft"] == left
            assert order in api.get("/me/order").json
        assert sandbox.truth()["orders"]["made"] == 3
        assert [item["tag"] for item in sandbox.truth()["jobs"]] == ["t0", "t1", "t2"]
        with sqlite3.connect(tmp_path / "sandbox.sqlite") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()


def test_every_commit_is_on_the_disk(tmp_path: Path) -> None:
    with closing(State(tmp_path / "sandbox.sqlite", time.time).connect()) as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


def test_a_call_held_before_it_was_executed_dies_with_the_sandbox(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        for kind, accepted in (("hold_before", 0), ("hold_after", 10)):
            fault = sandbox.fault(kind, method="POST")
            with pytest.raises(TimeoutError):
                post(Signed(sandbox), tag=kind, timeout=0.5)
            sandbox.wait_held(fault)
            crashed(sandbox)
            assert sandbox.holding(fault) == []
            assert sandbox.truth(kind)["accepted"] == accepted


def test_faults_and_their_counts_outlive_a_crash(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        whole = hits(sandbox, 40, chance=0.3, seed=5)
        hits(sandbox, 0, chance=0.3, seed=5)
        api = Signed(sandbox)
        first = [call for call in range(20) if api.get("/sms").status == 500]
        api = crashed(sandbox)
        assert sandbox.fired() == {"status": len(first)}
        second = [call for call in range(20, 40) if api.get("/sms").status == 500]
        assert first + second == whole
        (listed,) = sandbox.faults()
        assert (listed["fired"], listed["remaining"]) == (len(whole), None)
        assert sandbox.fault("status") == listed["id"] + 1


def test_a_late_listing_stays_late_over_a_restart(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        sandbox.fault("late_listing", seconds=60)
        post(Signed(sandbox))
        api = crashed(sandbox)
        sandbox.clock(advance=60)
        assert api.get(f"{ACCOUNT}/outgoing").json == []
        sandbox.clock(leap=60)
        assert len(api.get(f"{ACCOUNT}/outgoing").json) == 10


def test_a_state_file_of_before_is_carried_on(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        post(Signed(sandbox))
    with sqlite3.connect(tmp_path / "sandbox.sqlite") as db:
        db.executescript("DROP TABLE lists; DROP TABLE faults; DROP TABLE fired")
    db.close()
    with SandboxProcess(tmp_path) as sandbox:
        post(Signed(sandbox), tag="new")
        assert [item["source"] for item in sandbox.truth()["jobs"]] == [None, "receivers"]
        sandbox.clock(advance=60)
        assert len(Signed(sandbox).get(f"{ACCOUNT}/outgoing").json) == 20


@pytest.mark.parametrize("offset", [600, -600])
def test_a_clock_that_is_wrong(api: Signed, sandbox: SandboxProcess, offset: int) -> None:
    right = datetime.fromisoformat(sandbox.clock()["now"])
    shown = sandbox.clock(offset=offset)
    assert shown["offset"] == offset
    assert abs((datetime.fromisoformat(shown["now"]) - right).total_seconds() - offset) < 30
    assert abs(api.get("/auth/time").json - time.time() - offset) < 30
    # A signature by the machine's clock is out of time, one by OVH's time is not.
    assert api.get("/sms").json["errorCode"] == "QUERY_TIME_OUT"
    stamp = api.get("/auth/time").json

    def get(path: str) -> Answer:
        return api.get(path, headers=api.headers("GET", f"/1.0{path}", b"", timestamp=stamp))

    assert get("/sms").status == 200
    used = datetime.fromisoformat(get("/auth/currentCredential").json["lastUse"]).timestamp()
    assert abs(used - time.time() - offset) < 30
    sandbox.clock(offset=0)
    assert api.get("/sms").status == 200
    assert abs((datetime.fromisoformat(sandbox.clock()["now"]) - right).total_seconds()) < 30


def test_the_dates_of_a_job_are_as_wrong_as_the_clock(api: Signed, sandbox: SandboxProcess) -> None:
    post(api, tag="right")
    sandbox.clock(offset=-100)
    post(api, tag="wrong")
    moments = {item["tag"]: datetime.fromisoformat(item["created"]) for item in sandbox.truth()["jobs"]}
    assert -130 < (moments["wrong"] - moments["right"]).total_seconds() < -70


@pytest.mark.parametrize("text", ["docs/sandbox.md", "include/ovh_sandbox/README.md"])
def test_every_kind_of_fault_is_documented(text: str) -> None:
    content = (ROOT / text).read_text()
    assert [kind for kind in get_args(Kind) if f"`{kind}`" not in content] == []
