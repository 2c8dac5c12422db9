"""Waiting messages carry no tag: a batch that never reached OVH must not adopt those of another.

It would end in success, and nobody on its list would ever read it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import OutcomeUnknown, ReceiversMismatch, RequestChanged
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import NUMBERS, QUICK, SUBMIT_CALL, asked, once, receivers, send, sent
from support.web import web

LATER = {"delay_minutes": 60}


def green_only_with_messages(sandbox: SandboxProcess, again: Callable[[], Any], *, before: int, after: int) -> None:
    """A try that succeeds has sent; one that finds no verdict asks a person, and sends nothing."""
    try:
        again()
    except AirflowFailException:
        assert once(sandbox) in (before, after)
    else:
        assert once(sandbox) == after


def test_a_batch_whose_folder_is_lost_does_not_adopt_another_batch(sandbox: SandboxProcess, tmp_path: Path) -> None:
    # without its list nobody knows whose messages are pending: a worker that lacks the folder tries again
    first, second = batches(tmp_path, 100, rows=6)

    def again() -> dict[str, Any]:
        return send_batch(second, lists[1], 1, **LATER, **QUICK)

    lists = [upload(first, 0), upload(second, 1)]
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        again()
    send_batch(first, lists[0], 0, **LATER)
    path = Path(second["list_path"])
    rows = path.read_bytes()
    path.unlink()
    with pytest.raises(ReceiversMismatch, match="gone or out of reach"):
        again()
    assert len(sandbox.messages(account=sandbox.account_name)) == 3
    path.write_bytes(rows)
    green_only_with_messages(sandbox, again, before=3, after=6)


def next_second(leaping: LeapingTime) -> None:
    """Wait until OVH dates messages later than now: its times have whole seconds."""
    leaping.sleep(1.1)


def test_waiting_messages_of_the_earlier_sender_are_its_own(sandbox: SandboxProcess) -> None:
    # else they would explain their own credits, and be sent again once the sender is set back
    sandbox.account(senders={"OTHER": "enable"})
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(**LATER)
    with pytest.raises(RequestChanged, match="its sender changed"):
        send(sender="OTHER", **LATER, **QUICK)
    assert send(**LATER, **QUICK)["submitted"] == 5
    assert once(sandbox) == 5


def test_a_text_that_begins_like_another_ones_is_not_adopted(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    bill = {"message": "Bonjour, votre facture", "campaign": "facture", **LATER}
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run_id="a", **bill)
    next_second(leaping)
    thanks = {"message": "Bonjour, votre facture de mars est payée, merci", "campaign": "merci"}
    send(run_id="b", **thanks, **LATER)
    assert send(run_id="a", **bill)["submitted"] == 5
    assert set(sent(sandbox).values()) == {1}
    assert len(sent(sandbox)) == 10


def test_the_same_to_the_same_receivers_in_the_same_minute_is_not_adopted(
    sandbox: SandboxProcess, leaping: LeapingTime
) -> None:
    first = send(run_id="a", campaign="spring", **LATER)
    next_second(leaping)
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run_id="b", force=True, campaign="spring", **LATER)
    second = send(run_id="b", force=True, campaign="spring", **LATER)
    for tag in (first["tag"], second["tag"]):
        assert receivers(sandbox, tag) == set(NUMBERS)


@pytest.mark.parametrize("reached", [True, False])
def test_lists_by_address_do_not_adopt_each_other(sandbox: SandboxProcess, reached: bool) -> None:
    # their receivers are unknown here; the texts are the same
    with web() as server:
        lists = {}
        for at, name in enumerate("ab"):
            numbers = [f"+336399801{at}{n}" for n in range(3)]
            server.answers[f"/{name}.csv"] = (200, "text/csv", "\n".join(["number", *numbers]).encode())
            task = UploadReceiversOperator(task_id=name, csv_url=f"{server.url}/{name}.csv", records=len(numbers))
            lists[name] = task.execute(context(task_id=name))
    given = {"numbers": None, "receivers": lists["a"], "tag": "list-a", **LATER}
    sandbox.fault("lost_answer" if reached else "reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(**given)
    send(numbers=None, receivers=lists["b"], tag="list-b", task_id="send_b", **LATER)
    if reached:  # its own wait there, and nothing shows that they are
        asked(lambda: send(**given))
        assert once(sandbox) == 6
    else:
        green_only_with_messages(sandbox, lambda: send(**given), before=3, after=6)


def test_another_text_is_not_taken_for_that_of_a_list_by_address(sandbox: SandboxProcess) -> None:
    # its receivers are unknown here, but not what every one of them reads
    with web() as server:
        server.answers["/a.csv"] = (200, "text/csv", b"number\n+33639980170\n+33639980171")
        upload = UploadReceiversOperator(task_id="a", csv_url=f"{server.url}/a.csv", records=2)
        uploaded = upload.execute(context(task_id="a"))
    given = {"numbers": None, "receivers": uploaded, "message": "Bonjour, votre commande arrive demain", **LATER}
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(**given)
    others_send(message="Promo: profitez de nos soldes")
    assert sent_by_us(sandbox, send(**given)) == 2


def test_two_lost_batches_of_one_text_are_distinguished_by_their_receivers(sandbox: SandboxProcess) -> None:
    runs = {"a": {"numbers": NUMBERS[:2]}, "b": {"numbers": NUMBERS[2:]}}
    sandbox.fault("lost_answer", times=2, **SUBMIT_CALL)
    for run_id, given in runs.items():
        with pytest.raises(OutcomeUnknown):
            send(run_id=run_id, campaign=run_id, **given, **LATER)
    for run_id, given in runs.items():
        assert send(run_id=run_id, campaign=run_id, **given, **LATER)["submitted"] == len(given["numbers"])
    assert once(sandbox) == 5


def test_lost_batches_of_several_texts_to_equal_receivers_are_decided(sandbox: SandboxProcess) -> None:
    # of one wording: "hardly a word in common" does not distinguish them, the journal's digests do
    runs = {name: {"message": f"Commande {name}: votre colis est en route", "campaign": name} for name in "abcd"}
    sandbox.fault("lost_answer", times=2, **SUBMIT_CALL)
    sandbox.fault("reset_before", times=2, **SUBMIT_CALL)
    for run_id, given in runs.items():
        with pytest.raises(OutcomeUnknown):
            send(run_id=run_id, **given, **LATER)
    assert once(sandbox) == 10
    for run_id, given in runs.items():
        assert sent_by_us(sandbox, send(run_id=run_id, **given, **LATER)) == 5
    assert once(sandbox) == 20


def test_a_text_that_is_no_batchs_own_may_be_an_altered_one(sandbox: SandboxProcess) -> None:
    runs = {name: {"message": f"Commande {name}: votre colis est en route", "campaign": name} for name in "ab"}
    sandbox.fault("reset_before", times=2, **SUBMIT_CALL)
    for run_id, given in runs.items():
        with pytest.raises(OutcomeUnknown):
            send(run_id=run_id, **given, **LATER)
    others_send(message="Commande ?: votre colis est en route")
    for run_id, given in runs.items():
        asked(lambda run_id=run_id, given=given: send(run_id=run_id, **given, **LATER))
    assert once(sandbox) == 5


def others_send(receivers: Sequence[str] = NUMBERS, *, delay_minutes: int = 60, message: str = "Bonjour") -> None:
    """Another program sends our text from our sender."""
    given = {"sender": "MYSHOP", "stop_clause": False, "tag": "others", "receivers": receivers}
    OvhSmsHook().client.jobs.submit(SubmissionRequest(message=message, delay_minutes=delay_minutes, **given))


def never_reaches(sandbox: SandboxProcess, **changes: Any) -> None:
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(**changes)


def sent_by_us(sandbox: SandboxProcess, answer: dict[str, Any]) -> int:
    return len(sandbox.messages(answer["tag"], account=sandbox.account_name))


def test_the_same_from_another_program_just_before_is_not_adopted(sandbox: SandboxProcess) -> None:
    others_send()
    never_reaches(sandbox, **LATER)
    assert sent_by_us(sandbox, send(**LATER)) == 5


def test_the_same_from_before_that_ovh_listed_late_is_neither_adopted_nor_taken_for_nothing(
    sandbox: SandboxProcess,
) -> None:
    # listed after the snapshot, and before nothing was found for a quiet period
    sandbox.fault("late_listing", seconds=4, **SUBMIT_CALL)
    slowly = {"quiet_period": timedelta(seconds=4), "reconcile_timeout": timedelta(seconds=10), **LATER}
    others_send()
    never_reaches(sandbox, **slowly)
    question = asked(lambda: send(**slowly))
    assert "cannot be distinguished; 0 are certain" in question.says


def test_a_batch_is_never_dated_in_the_second_of_its_snapshot(sandbox: SandboxProcess) -> None:
    for run in range(3):
        answer = send(run_id=f"run_{run}", force=True)
        (attempt,) = ResultsHook().store.attempts.all(answer["tag"])
        since = datetime.fromisoformat((attempt.snapshot or {})["ovh_time"])
        made = sandbox.messages(answer["tag"], account=sandbox.account_name)
        assert since.microsecond == 0
        assert min(datetime.fromisoformat(each["created"]).replace(microsecond=0) for each in made) >= since


def test_the_same_to_a_part_of_the_receivers_is_decided_once_it_has_left(
    sandbox: SandboxProcess, leaping: LeapingTime
) -> None:
    never_reaches(sandbox)
    others_send(NUMBERS[:3], delay_minutes=1)
    leaping.after(6, lambda: sandbox.clock(advance=120))  # longer than the quiet period
    assert sent_by_us(sandbox, send(reconcile_timeout=timedelta(seconds=60))) == 5


def test_the_same_beside_the_whole_batch_is_decided_once_it_has_left(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    others_send(NUMBERS[:3], delay_minutes=1)
    assert sent_by_us(sandbox, send(reconcile_timeout=timedelta(seconds=60))) == 5


def test_another_text_to_its_receivers_does_not_matter_once_the_whole_batch_has_left(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    others_send(message="Bonsoir")
    sandbox.clock(advance=60)
    assert sent_by_us(sandbox, send()) == 5
