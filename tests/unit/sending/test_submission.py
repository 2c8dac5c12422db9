"""OVH's answer compared with the batch: nobody unaccounted for, no changed campaign passed for the first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.prepared_list import Batch
from ovh_sms.errors import ConfigurationError, OutcomeUnknown, RequestRefused, WrongReceivers
from ovh_sms.sending.receivers_slots import UploadedReceivers
from ovh_sms.sending.submission import CollectSettings, Submission, batch_receivers, check_complete, digest_of

PLAN = Submission(
    tag="c1",
    campaign="spring",
    dag_id="a_dag",
    run_id="run_1",
    connection="ovh_sms_default",
    account="a",
    sender="s",
    marketing=False,
    message_digest="m",
    list_digest="l",
    expected=5,
)


def submission(**changes: Any) -> Submission:
    return replace(PLAN, **{"submitted": 4, "refused": 1, "messages": 4, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"expected": None},  # a document of the user's own: nobody knows how many it holds
        {"messages": None, "submitted": 5, "refused": 0},  # adopted: the answer itself was lost
    ],
)
def test_an_answer_that_accounts_for_everybody_is_complete(changes: dict[str, Any]) -> None:
    check_complete(submission(**changes))


@pytest.mark.parametrize(
    "changes", [{"submitted": 1, "refused": 0}, {"submitted": 5}, {"messages": 0}], ids=["fewer", "more", "no message"]
)
def test_an_answer_that_does_not_account_for_everybody_is_an_unknown_outcome(changes: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown, match="does not account for every receiver"):
        check_complete(submission(**changes))


def test_an_answer_that_accepts_nobody_is_a_refusal() -> None:
    with pytest.raises(RequestRefused, match="accepted none"):
        check_complete(submission(submitted=0, refused=5, messages=0))


def test_an_answer_that_names_other_people_is_an_error_even_if_it_is_complete() -> None:
    with pytest.raises(WrongReceivers, match="2 numbers that are not on the list"):
        check_complete(submission(unexpected=2))


def test_counts_come_from_the_prepared_list_not_from_the_answer() -> None:
    batch = Batch(
        batch=1,
        of=2,
        list_path=Path("p"),
        rows=9,
        accepted=5,
        rejected={"x": 4},
        digest="d",
        credits=5,
        run_digest="r",
        folder=Path("f"),
        source_digest="s",
    )
    slot = UploadedReceivers(slot=1, description="airflow c1 d", records=5, digest="d")
    found = batch_receivers(batch=batch, slot=slot, numbers=None, document_url=None)
    assert (found.rows, found.accepted, found.expected, found.list_digest) == (9, 5, 5, "d")
    assert (found.batch, found.batches) == (1, 2)


def test_numbers_in_any_order_are_the_same_list() -> None:
    one, other = ["+33639980001", "+33639980002"], ["+33639980002", "+33639980001"]
    found = [batch_receivers(batch=None, slot=None, numbers=n, document_url=None) for n in (one, other)]
    assert found[0] == found[1]
    assert "3998" not in str(found)
    assert digest_of("a", "b") != digest_of("ab")


def test_a_submission_comes_back_from_xcom_as_it_was() -> None:
    made = submission(rejected={"duplicate": 2}, resolution="sent")
    assert Submission.from_xcom({**made.to_xcom(), "credits_left": 3}) == made


def test_arguments_of_notifiers_go_into_the_journal_alone() -> None:
    notify = ({"notifier": "some.Notifier", "arguments": {"to": "boss@example.org"}},)
    made = submission(collect=CollectSettings(stop_threshold=10, notify=notify))
    assert Submission.from_xcom(made.to_journal()) == made
    assert "boss@example.org" not in json.dumps(made.to_xcom())
    assert Submission.from_xcom(made.to_xcom()) == submission(collect=CollectSettings(stop_threshold=10))


def test_something_else_than_a_submission_is_named() -> None:
    with pytest.raises(ConfigurationError, match="This is no submission"):
        Submission.from_xcom({"tag": "c1"})
