"""The tag of a submission."""

from __future__ import annotations

import shlex
from itertools import product

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.tag import TAG_LENGTH, check_tag, is_tag, resolve_command, submission_tag
from ovh_sms.settings import campaign_folder
from ovh_sms.store.models import BATCH, Attempt

GOOD = ["t", "spring sale", "sale_2026-11.29", "a" * 20, "a'b", "50%$HOME&co;", submission_tag("a", "b", "c")]
WRONG = [
    "",
    " ",
    " a",
    "a ",
    "a" * 21,
    "été",
    "a\tb",
    "a\n",
    "a/b",
    "a\\b",
    "..",
    ".",
    "-rf",
    "--help",
    "a\x7f",
    None,
    5,
]


def test_tags_differ_for_every_task_instance_and_fit_at_ovh() -> None:
    instances = list(product(("d0", "d1", "d2"), ("r0", "r1", "r2"), ("t0", "t1", "t2"), (-1, 0, 1)))
    tags = {submission_tag(*each) for each in instances}
    assert len(tags) == len(instances)
    assert TAG_LENGTH == 20
    assert all(len(tag) == TAG_LENGTH and tag.isascii() and tag.isalnum() for tag in tags)


def test_tags_never_change_with_an_upgrade() -> None:
    # Fixed for good: with another value a retry after an upgrade would submit again.
    assert submission_tag("a", "b", "c") == submission_tag("a", "b", "c", -1) == "cirgs33tlstsgd52uudx"


def record(tag: str) -> Attempt:
    named = {"campaign": "c", "dag_id": "d", "run_id": "r", "account": "s", "list_digest": "l", "message_digest": "m"}
    return Attempt(tag=tag, attempt=1, kind=BATCH, holder="h", **named)


@pytest.mark.parametrize("tag", GOOD)
def test_a_tag_that_one_part_takes_is_taken_by_all(tag: str) -> None:
    assert is_tag(tag)
    assert check_tag(tag) == tag
    assert record(tag).tag == tag
    assert SubmissionRequest(message="a", stop_clause=False, tag=tag, slot=1, sender="S").tag == tag
    assert campaign_folder("spring", tag).name == tag


@pytest.mark.parametrize("tag", WRONG)
def test_a_tag_that_one_part_refuses_is_refused_by_all(tag: str) -> None:
    assert not is_tag(tag)
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        check_tag(tag)
    if isinstance(tag, str):
        with pytest.raises(ConfigurationError, match="1 to 20 ASCII characters"):
            record(tag)
        with pytest.raises(ConfigurationError, match="1 to 20 ASCII characters"):
            SubmissionRequest(message="a", stop_clause=False, tag=tag, slot=1, sender="S")


@pytest.mark.parametrize("tag", GOOD)
def test_a_printed_command_can_be_pasted(tag: str) -> None:
    line = resolve_command(tag, "0a1b2c", "sent")
    assert shlex.split(line) == ["ovh-sms", "resolve", tag, "0a1b2c", "sent"]
    assert "(" not in line
    assert resolve_command("c1", "0a1b2c", "send") == "ovh-sms resolve c1 0a1b2c send"
