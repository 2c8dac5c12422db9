"""A reply is matched by its tag, else by number and time, and never by a guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.inbound.match import ANSWER_WINDOW, Match, match
from ovh_sms.store.inbound_records import SentMessage

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


def sent(tag: str, hours_ago: float = 1.0, run: str = "one") -> SentMessage:
    at = NOON - timedelta(hours=hours_ago)
    return SentMessage(tag=tag, campaign=run, dag_id=f"sms_campaign_{run}", run_id="manual__1", at=at)


def test_the_tag_decides_whichever_message_is_newer() -> None:
    old, new = sent("old", 40), sent("new", 1, "two")
    assert match("old", NOON, {"old": old, "new": new}, [new]) == Match("tag", old)


def test_a_tag_decides_also_after_the_window() -> None:
    assert match("old", NOON, {"old": sent("old", 400)}).how == "tag"


def test_a_reply_to_another_program_is_matched_to_nobody() -> None:
    assert match("theirs", NOON, {"mine": sent("mine")}, [sent("mine")]) == Match("none")


def test_without_a_tag_the_one_run_that_wrote_to_the_number_counts() -> None:
    old, new = sent("old", 40), sent("new", 1)
    assert match("", NOON, {}, [new, old]) == match("", NOON, {}, [old, new]) == Match("number", new)


def test_two_runs_that_wrote_to_the_number_within_the_window_are_ambiguous() -> None:
    assert match("", NOON, {}, [sent("old", 47), sent("new", 1, "two")]) == Match("ambiguous")
    assert match("", NOON, {}, [sent("old", 49), sent("new", 1, "two")]).how == "number"


@pytest.mark.parametrize("ago", [ANSWER_WINDOW + timedelta(seconds=1), timedelta(seconds=-3)])
def test_a_message_that_cannot_be_answered_by_then_does_not_count(ago: timedelta) -> None:
    assert match("", NOON, {}, [sent("a", ago.total_seconds() / 3600)]) == Match("none")


def test_the_last_second_of_the_window_counts() -> None:
    assert match("", NOON, {}, [sent("a", 48)]).how == "number"


def test_the_newest_message_counts_if_the_others_are_older_by_more_than_apart() -> None:
    both = [sent("a", 1), sent("b", 2, "two")]
    assert match("", NOON, {}, both, apart=timedelta(minutes=59)).sent == sent("a", 1)
    assert match("", NOON, {}, both, apart=timedelta(minutes=61)) == Match("ambiguous")


def test_two_batches_of_one_run_at_one_moment_are_the_same_run() -> None:
    found = match("", NOON, {}, [sent("a"), sent("b")])
    assert found.how == "number"
    assert found.sent is not None
    assert found.sent.run == ("sms_campaign_one", "manual__1")


def test_nobody_wrote_to_the_number() -> None:
    assert match("", NOON, {"a": sent("a")}) == Match("none")
