"""The tag of a submission."""

from __future__ import annotations

from itertools import product

from ovh_sms.messaging.tag import TAG_LENGTH, submission_tag


def test_tags_differ_for_every_task_instance_and_fit_at_ovh() -> None:
    instances = list(product(("d0", "d1", "d2"), ("r0", "r1", "r2"), ("t0", "t1", "t2"), (-1, 0, 1)))
    tags = {submission_tag(*each) for each in instances}
    assert len(tags) == len(instances)
    assert TAG_LENGTH == 20
    assert all(len(tag) == TAG_LENGTH and tag.isascii() and tag.isalnum() for tag in tags)


def test_tags_never_change_with_an_upgrade() -> None:
    # Fixed for good: with another value a retry after an upgrade would submit again.
    assert submission_tag("a", "b", "c") == submission_tag("a", "b", "c", -1) == "cirgs33tlstsgd52uudx"
