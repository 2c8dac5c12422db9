"""OVH's answer against what was handed over: nobody unaccounted for, no changed campaign passed for the first."""

from __future__ import annotations

from typing import Any

import pytest

from ovh_sms.errors import OutcomeUnknown, RequestChanged, RequestRefused
from ovh_sms.sending.submission import check_answer, check_same, digest_of, list_facts


def sending(**changes: Any) -> dict[str, Any]:
    return {"tag": "c1", "submitted": 4, "invalid": 1, "expected": 5, "jobs": 4, **changes}


def test_an_answer_that_accounts_for_everybody() -> None:
    check_answer(sending())
    check_answer(sending(expected=None))  # a document of the user's own: nobody knows how many it holds
    check_answer(sending(jobs=None, submitted=5, invalid=0))  # adopted: the answer itself was lost


@pytest.mark.parametrize(
    "changes",
    [{"submitted": 1, "invalid": 0}, {"submitted": 5}, {"jobs": 0}],
    ids=["fewer", "more", "no job"],
)
def test_an_answer_that_does_not_is_an_unknown_outcome(changes: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown, match="does not account for every receiver"):
        check_answer(sending(**changes))


def test_an_answer_that_takes_nobody_is_a_refusal() -> None:
    with pytest.raises(RequestRefused, match="accepted none"):
        check_answer(sending(submitted=0, invalid=5, jobs=0))


@pytest.mark.parametrize("key", ["message_digest", "list_digest", "sender", "account"])
def test_another_sending_is_told_apart(key: str) -> None:
    first = {"tag": "c1", "message_digest": "m", "list_digest": "l", "sender": "s", "account": "a"}
    check_same(first, dict(first))
    with pytest.raises(RequestChanged, match="start a new run"):
        check_same(first, {**first, key: "other"})


def test_counts_come_from_the_prepared_list_not_from_the_answer() -> None:
    prepared = {"digest": "d", "list_path": "p", "rows": 9, "accepted": 5, "rejected": {"x": 4}, "credits": 5}
    facts = list_facts(prepared=prepared, receivers={"records": 5}, numbers=None, document_url=None)
    assert (facts["rows"], facts["accepted"], facts["expected"], facts["list_digest"]) == (9, 5, 5, "d")


def test_numbers_are_the_same_list_in_any_order() -> None:
    one, other = ["+33639980001", "+33639980002"], ["+33639980002", "+33639980001"]
    facts = [list_facts(prepared=None, receivers=None, numbers=n, document_url=None) for n in (one, other)]
    assert facts[0] == facts[1]
    assert "3998" not in str(facts)
    assert digest_of("a", "b") != digest_of("ab")
