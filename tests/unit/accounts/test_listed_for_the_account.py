"""The messages of a user are found in the account's lists, too: the user's own may show them later, or never."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.sdk.exceptions import AirflowFailException

from support.campaign_runs import CampaignRun
from support.leaping_time import LeapingTime
from unit.accounts.desk import UserDesk
from unit.accounts.test_sent_meanwhile import SUBMIT, checked, sent

__all__ = ["checked"]

QUOTA = pytest.mark.parametrize("quota", [100, "off"], ids=["quota", "no_quota"])


@QUOTA
def test_messages_that_the_account_alone_lists_are_not_sent_again(
    desk: UserDesk, checked: Callable[[str], CampaignRun], leaping: LeapingTime, quota: object
) -> None:
    desk.apply({"desk": {"quota": quota}})
    run = checked("user: desk\n")
    desk.sandbox.fault("lost_answer", **SUBMIT)
    leaping.after(5, lambda: desk.sandbox.features(user_messages="account"))
    assert run.send(0)["submitted"] == 3
    assert sent(desk) == 3


def test_a_user_that_was_deleted_and_created_again_sends_nothing_twice(
    desk: UserDesk, checked: Callable[[str], CampaignRun], leaping: LeapingTime
) -> None:
    run = checked("user: desk\n")

    def replace_the_user() -> None:
        desk.sandbox.features(user_messages="account")
        desk.client.users.delete("desk")
        desk.client.users.create("desk", "Secret01")

    desk.sandbox.fault("lost_answer", **SUBMIT)
    leaping.after(5, replace_the_user)
    assert run.send(0)["submitted"] == 3
    assert sent(desk) == 3


@pytest.mark.parametrize("shown", ["both", "user"])
def test_a_user_that_was_deleted_since_is_found_by_the_account_s_list_or_a_person_is_asked(
    desk: UserDesk, checked: Callable[[str], CampaignRun], leaping: LeapingTime, shown: str
) -> None:
    run = checked("user: desk\n")

    def delete_the_user() -> None:
        desk.sandbox.features(user_messages=shown)
        desk.client.users.delete("desk")

    desk.sandbox.fault("lost_answer", **SUBMIT)
    leaping.after(5, delete_the_user)
    if shown == "both":
        assert run.send(0)["submitted"] == 3
    else:
        with pytest.raises(AirflowFailException, match="ovh-sms resolve"):
            run.send(0)
    assert sent(desk) == 3
