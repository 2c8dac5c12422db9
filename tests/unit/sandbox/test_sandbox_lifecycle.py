"""The fate of messages: the same in every run from the same seed, at any speed of the clock."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ovh_sandbox.clock import PARIS, parse
from ovh_sandbox.world.hours import Spacing, holidays, opens_at
from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

DAY = 86_400
RECEIVERS = [f"+336399{number:05d}" for number in range(80_000, 82_000)]


def post(api: Signed, receivers: list[str], **about: Any) -> Any:
    body = {"message": "Hello", "sender": "MYSHOP", "tag": "t", "receivers": receivers, **about}
    return api.post(JOBS, body).json


def count(api: Signed, receipt: int) -> int:
    return len(api.get(f"{ACCOUNT}/outgoing", tag="t", deliveryReceipt=receipt).json)


def test_messages_end_delivered_failed_expired_or_in_error(api: Signed, sandbox: SandboxProcess) -> None:
    post(api, RECEIVERS)
    sandbox.clock(advance=90)
    early = sandbox.truth("t")
    assert early["sent"] == 2000
    assert early["pending"] == count(api, 4) + count(api, 8) > 0
    assert count(api, 8) > 0
    sandbox.clock(advance=3 * DAY)
    truth = sandbox.truth("t")
    assert truth["pending"] == 0
    assert truth["delivered"] + truth["failed"] == 2000
    assert truth["delivered"] == count(api, 1) > 1850
    assert truth["failed"] == count(api, 2) + count(api, 16) > 40
    assert count(api, 16) > 2
    codes = Counter(message["final_ptt"] for message in sandbox.messages("t"))
    assert codes[4] == truth["delivered"]
    assert {5, 8, 23} <= set(codes)
    expired = api.get(f"{ACCOUNT}/outgoing", ptt=8).json
    assert len(expired) == codes[8]
    shown = api.get(f"{ACCOUNT}/outgoing/{expired[0]}").json
    assert (shown["deliveryReceipt"], shown["deliveredAt"]) == (2, None)


def test_errors_of_kind_16_are_not_billed(api: Signed, sandbox: SandboxProcess) -> None:
    removed = post(api, RECEIVERS)["totalCreditsRemoved"]
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000 - removed
    sandbox.clock(advance=3 * DAY)
    free = api.get(f"{ACCOUNT}/outgoing", deliveryReceipt=16).json
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000 - removed + len(free)
    assert api.get(f"{ACCOUNT}/outgoing/{free[0]}").json["credits"] == 0
    truth = sandbox.truth("t")
    assert (truth["credits"], truth["refunded"]) == (removed, len(free))


def test_validity_decides_when_a_message_expires(api: Signed, sandbox: SandboxProcess) -> None:
    post(api, RECEIVERS, validityPeriod=60)
    sandbox.clock(advance=2 * 3600)
    assert sandbox.truth("t")["pending"] == 0


def test_a_few_answer_stop_and_hear_no_marketing_again(api: Signed, sandbox: SandboxProcess) -> None:
    post(api, RECEIVERS)
    assert api.get(f"{ACCOUNT}/blacklists").json == []
    sandbox.clock(advance=3 * DAY)
    stopped = api.get(f"{ACCOUNT}/blacklists").json
    assert len(stopped) == sandbox.truth("t")["stops"] > 5
    entry = api.get(f"{ACCOUNT}/blacklists/{stopped[0]}").json
    message = api.get(f"{ACCOUNT}/outgoing/{entry['smsOutgoingID']}").json
    assert message["receiver"] == stopped[0] == entry["number"]
    assert message["deliveredAt"] < entry["dateCreation"]
    assert api.get(f"{ACCOUNT}/blacklists", smsOutgoingID=entry["smsOutgoingID"]).json == [stopped[0]]
    assert post(api, stopped, tag="again")["invalidReceivers"] == stopped
    assert post(api, stopped, tag="order", noStopClause=True)["validReceivers"] == stopped
    assert api.delete(f"{ACCOUNT}/blacklists/{stopped[0]}").content == b"null"
    assert api.get(f"{ACCOUNT}/blacklists").json == [*stopped[1:]]
    assert api.get(f"{ACCOUNT}/blacklists/{stopped[0]}").status == 404
    assert post(api, stopped[:1], tag="later")["validReceivers"] == stopped[:1]


def test_transactional_messages_bring_no_opt_outs(api: Signed, sandbox: SandboxProcess) -> None:
    post(api, RECEIVERS, noStopClause=True)
    sandbox.clock(advance=3 * DAY)
    assert sandbox.truth("t")["stops"] == 0
    sandbox.block("+33639980001")
    assert api.get(f"{ACCOUNT}/blacklists").json == ["+33639980001"]


def fates(sandbox: SandboxProcess) -> list[tuple[Any, ...]]:
    post(Signed(sandbox), RECEIVERS[:500])
    return [
        (message["receiver"], message["final_ptt"], message["operator"], message["stop_at"] is None)
        for message in sandbox.messages("t")
    ]


def test_the_seed_decides(sandbox: SandboxProcess, tmp_path: Path) -> None:
    first = fates(sandbox)
    assert len(first) == 500
    for seed, is_same in ((1, True), (2, False)):
        with SandboxProcess(tmp_path / str(seed), seed=seed) as another:
            assert (fates(another) == first) is is_same


def test_the_clock_can_run_fast(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=100_000)
    post(api, RECEIVERS[:50])
    sandbox.wait_until(lambda: sandbox.truth("t")["pending"] == 0, seconds=10)


def test_a_stopped_clock_moves_only_when_it_is_set_forward(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, speed=0) as sandbox:
        now = sandbox.clock()["now"]
        post(Signed(sandbox), RECEIVERS[:50])
        leaves, ends = (min(each[name] for each in sandbox.messages("t")) for name in ("sent_at", "final_at"))
        for moment, sent, final in ((now, 0, False), (leaves, 50, False), (ends, 50, True)):
            sandbox.set_to(moment)
            truth = sandbox.truth("t")
            assert (truth["sent"], truth["pending"] < 50) == (sent, final)
        assert sandbox.clock()["now"] == sandbox.clock()["now"]


def test_a_leap_of_the_machine_takes_everything_that_takes_real_seconds_with_it(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, start=None) as sandbox:
        api = Signed(sandbox)
        sandbox.clock(pace=0.001)
        sandbox.features(late_orders=50, export_seconds=50)
        sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=50)
        post(api, RECEIVERS[:5], differedPeriod=60)
        api.post(f"/order{ACCOUNT}/credits", {"quantity": 100})
        export = api.get(f"{ACCOUNT}/document", wayType="outgoing").json
        before = api.get("/auth/time").json
        for leap, listed in ((40, 0), (20, 1)):
            sandbox.clock(leap=leap)
            assert len(api.get(JOBS).json) == 5 * listed
            assert len(api.get("/me/order").json) == listed
            if not listed:
                assert not api.get(f"/me/document/{export}").json["size"]
        sandbox.wait_until(lambda: api.get(f"/me/document/{export}").json["size"])
        assert 60 <= api.get("/auth/time").json - before <= 61
    with SandboxProcess(tmp_path) as sandbox:
        assert Signed(sandbox).get("/auth/time").json - before >= 60


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        ("2026-03-03T19:59:00", "2026-03-03T19:59"),
        ("2026-03-03T20:00:00", "2026-03-04T08:00"),
        ("2026-03-06T21:00:00", "2026-03-09T08:00"),
        ("2026-04-03T20:30:00", "2026-04-07T08:00"),
        ("2026-05-08T10:00:00", "2026-05-11T08:00"),
        ("2026-12-24T22:00:00", "2026-12-28T08:00"),
        ("2026-03-28T12:00:00", "2026-03-30T08:00"),
    ],
)
def test_commercial_hours(moment: str, leaves: str) -> None:
    local = datetime.fromtimestamp(opens_at(parse(moment)), PARIS)
    assert local.isoformat(timespec="minutes")[:16] == leaves


def test_french_holidays_of_a_year() -> None:
    shown = sorted(day.isoformat() for day in holidays(2026))
    assert len(shown) == 11
    assert {"2026-04-06", "2026-05-14", "2026-05-25"} <= set(shown)


def test_a_job_that_reaches_the_evening_goes_on_in_the_morning() -> None:
    pace = Spacing(parse("2026-03-03T19:59:59"), held=True)
    moments = [pace.next() for _ in range(250)]
    assert moments[99] == parse("2026-03-03T19:59:59")
    assert moments[100] == parse("2026-03-04T08:00:00")
    assert moments[249] == parse("2026-03-04T08:00:01")


def test_marketing_waits_for_the_morning_and_the_rest_does_not(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, start="2026-03-06T21:00:00+01:00") as sandbox:
        api = Signed(sandbox)
        held = post(api, RECEIVERS[:3])["ids"]
        post(api, RECEIVERS[:3], tag="order", noStopClause=True)
        sandbox.clock(advance=60)
        assert api.get(JOBS).json == held
        assert len(api.get(f"{ACCOUNT}/outgoing").json) == 3
        sandbox.clock(advance=58 * 3600)
        assert api.get(JOBS).json == held
        sandbox.clock(advance=3600)
        assert api.get(JOBS).json == []
        sent = api.get(f"{ACCOUNT}/outgoing/{api.get(f'{ACCOUNT}/outgoing', tag='t').json[0]}").json
        assert sent["creationDatetime"][:16] == "2026-03-06T21:00"
        assert sent["sentAt"][:16] == "2026-03-09T08:00"
