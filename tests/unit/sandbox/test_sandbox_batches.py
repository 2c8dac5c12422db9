"""OVH batches: made, listed, cancelled, counted; their messages and credits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, RECEIVERS, Answer, Signed, put_file

BATCHES = f"{ACCOUNT}/batches"
ONE, TWO = RECEIVERS[:2]


@pytest.fixture(autouse=True)
def _a_clock_that_only_the_test_moves(sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)


def now_of(sandbox: SandboxProcess) -> datetime:
    return datetime.fromisoformat(sandbox.ask("GET", "/health")["now"])


def post(api: Signed, *receivers: str, **about: Any) -> Answer:
    body = {"message": "Hello", "from": "MYSHOP", "name": "n", "tag": "t", "to": list(receivers) or None, **about}
    return api.post(BATCHES, {name: value for name, value in body.items() if value is not None})


def deferred(api: Signed, sandbox: SandboxProcess, *receivers: str, **about: Any) -> dict[str, Any]:
    later = (now_of(sandbox) + timedelta(minutes=20)).isoformat()
    return post(api, *(receivers or (ONE, TWO)), deferred=later, **about).json


def fill_slot(api: Signed, slot: int, text: str) -> None:
    document = api.post("/me/document", {"name": "list.csv"}).json
    assert put_file(document["putUrl"], text.encode()).status == 201
    new = {"slotId": slot, "description": "d", "autoUpdate": False, "documentId": document["id"]}
    assert api.post(f"{ACCOUNT}/receivers", new).status == 200


def test_an_ovh_batch_is_listed_by_its_name_and_processed(api: Signed, sandbox: SandboxProcess) -> None:
    made = deferred(api, sandbox)
    assert (made["name"], made["status"], made["totalRecords"], made["processedRecords"]) == ("n", "PENDING", 2, 0)
    assert [each["id"] for each in api.get(BATCHES).json] == [made["id"]]
    sandbox.clock(advance=3)
    found = api.get(f"{BATCHES}/{made['id']}").json
    assert (found["status"], found["processedRecords"], found["receivers"]) == ("INSERTED", 2, [ONE, TWO])
    assert len(api.get(JOBS).json) == 2
    assert api.get(ACCOUNT).json["creditsLeft"] == 99_998


def test_messages_leave_at_the_deferred_moment_and_name_their_ovh_batch(api: Signed, sandbox: SandboxProcess) -> None:
    made = deferred(api, sandbox)
    sandbox.clock(advance=19 * 60)
    assert api.get(f"{ACCOUNT}/outgoing", batchID=made["id"]).json == []
    sandbox.clock(advance=10 * 86_400)
    found = api.get(f"{ACCOUNT}/outgoing", batchID=made["id"]).json
    assert found == api.get(f"{ACCOUNT}/outgoing", tag="t").json
    shown = api.get(f"{ACCOUNT}/outgoing/{found[0]}").json
    assert (shown["batchID"], shown["tag"], shown["differedDelivery"]) == (made["id"], "t", 20)
    assert api.get(f"{BATCHES}/{made['id']}").json["status"] == "COMPLETED"
    counted = api.get(f"{BATCHES}/{made['id']}/statistics").json
    assert counted["delivered"] + counted["failed"] == 2
    assert (counted["pending"], counted["sent"]) == (0, 0)


def test_a_cancelled_ovh_batch_sends_nothing_and_gives_its_credits_back(api: Signed, sandbox: SandboxProcess) -> None:
    made = deferred(api, sandbox)
    assert api.post(f"{BATCHES}/{made['id']}/cancel", None).json["status"] == "TO_CANCEL"
    assert api.post(f"{BATCHES}/{made['id']}/cancel", None).status == 403
    sandbox.clock(advance=86_400)
    assert api.get(f"{BATCHES}/{made['id']}").json["status"] == "CANCELED"
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000
    truth = sandbox.truth()
    assert (truth["accepted"], truth["cancelled"]) == (0, 2)
    assert truth["ledger"]["sms-sb00001-1"]["lost"] == 0
    assert [(each["name"], each["status"]) for each in truth["batches"]] == [("n", "CANCELED")]


def test_what_has_left_or_was_not_deferred_cannot_be_cancelled(api: Signed, sandbox: SandboxProcess) -> None:
    left = deferred(api, sandbox)
    sandbox.clock(advance=21 * 60)
    at_once = post(api, ONE).json
    for batch in (left, at_once):
        assert api.post(f"{BATCHES}/{batch['id']}/cancel", None).status == 403
    assert api.get(ACCOUNT).json["creditsLeft"] < 100_000


def test_a_slot_is_read_when_the_ovh_batch_is_made(api: Signed, sandbox: SandboxProcess) -> None:
    fill_slot(api, 3, f"number;nom\n{ONE};Durant\n{TWO};Dupont\n0639980003;Nobody\n")
    made = deferred(api, sandbox, to=None, slotID="3", message="Hello #nom#")
    api.call("DELETE", f"{ACCOUNT}/receivers/3")
    sandbox.clock(advance=3600)
    found = api.get(f"{BATCHES}/{made['id']}").json
    assert (found["slotID"], found["receivers"], found["totalRecords"]) == ("3", None, 3)
    assert [each["receiver"] for each in found["errors"]] == ["0639980003"]
    # whether OVH fills columns here is not documented
    assert {each["message"] for each in sandbox.messages("t")} == {"Hello #nom#"}


def test_columns_are_filled_if_the_feature_says_so(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(batch_merge=True)
    fill_slot(api, 3, f"number;nom\n{ONE};Durant\n")
    post(api, slotID="3", message="Hello #nom#")
    assert [each["message"] for each in sandbox.messages("t")] == ["Hello Durant"]


@pytest.mark.parametrize(
    ("about", "status"),
    [
        ({"to": None}, 400),
        ({"slotID": "3"}, 400),
        ({"to": None, "slotID": "3"}, 404),
        ({"to": None, "slotID": "x"}, 400),
        ({"message": ""}, 400),
        ({"deferred": "tomorrow"}, 400),
        ({"from": "NOBODY"}, 403),
        ({"from": None}, 400),
        ({"tag": "t" * 21}, 400),
        ({"priority": "high"}, 400),
        ({"class": "flash"}, 400),
    ],
)
def test_a_wrong_ovh_batch_is_refused(api: Signed, sandbox: SandboxProcess, about: dict[str, Any], status: int) -> None:
    assert post(api, ONE, **about).status == status
    assert sandbox.truth()["accepted"] == 0
    assert api.get(BATCHES).json == []


def test_an_ovh_batch_without_a_valid_receiver_fails(api: Signed, sandbox: SandboxProcess) -> None:
    made = post(api, "abc").json
    sandbox.clock(advance=3)
    found = api.get(f"{BATCHES}/{made['id']}").json
    assert (found["status"], found["sentAt"]) == ("FAILED", None)
    assert [each["receiver"] for each in found["errors"]] == ["abc"]


def test_it_is_renamed_and_removed_once_it_is_over(api: Signed, sandbox: SandboxProcess) -> None:
    made = deferred(api, sandbox)
    one = f"{BATCHES}/{made['id']}"
    assert api.call("PUT", one, {"name": "other"}).json["name"] == "other"
    assert api.call("DELETE", one).status == 403
    sandbox.clock(advance=86_400)
    assert api.call("DELETE", one).status == 200
    assert (api.get(BATCHES).json, api.get(one).status) == ([], 404)
    assert sandbox.truth()["accepted"] == 2


def test_listed_late_it_is_in_no_list_and_charged_all_the_same(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("late_listing", seconds=20, path="/sms/*/batches", method="POST", answer="lost")
    with pytest.raises(ConnectionError):
        deferred(api, sandbox)
    assert (api.get(BATCHES).json, api.get(JOBS).json) == ([], [])
    assert api.get(ACCOUNT).json["creditsLeft"] == 99_998
    sandbox.clock(leap=25)
    assert len(api.get(BATCHES).json) == 1


def test_executed_twice_it_is_there_twice(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("repeat", path="/sms/*/batches", method="POST")
    made = deferred(api, sandbox)
    assert len(api.get(BATCHES).json) == 2
    api.post(f"{BATCHES}/{made['id']}/cancel", None)
    assert sandbox.truth()["accepted"] == 2


def test_a_part_of_it_may_be_accepted(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("partial", path="/sms/*/batches", method="POST", count=1)
    with pytest.raises(ConnectionError):
        deferred(api, sandbox)
    (found,) = api.get(BATCHES).json
    assert found["totalRecords"] == sandbox.truth()["accepted"] == 1


def test_a_short_number_sends_it_too(api: Signed) -> None:
    made = post(api, ONE, senderForResponse=True, **{"from": None}).json
    assert made["from"] is None
    assert datetime.fromisoformat(made["sentAt"]).astimezone(UTC)
