"""Whether a write without an answer was made, by the user and the credits that OVH shows. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from ovh_sms.accounts.made import Made, is_made, moved_credits
from ovh_sms.api.models_users import User, UserQuota

KEY = b"key"


def snapshot(before: float | None, quota: float | str | None, *, action: str = "update", left: float = 1000) -> Any:
    return {"action": action, "quota_before": before, "quota": quota, "credits_left": left, "wanted": {}}


def user(left: float | None) -> User:
    quota = UserQuota() if left is None else UserQuota(status="active", left=left)
    return User(login="desk").model_copy(update={"quota": quota})


@pytest.mark.parametrize(
    ("before", "quota", "left", "credits_left", "made"),
    [
        (None, 100.0, 100.0, 900, Made.YES),
        (None, 100.0, None, 1000, Made.NO),
        (None, 100.0, 90.0, 900, Made.YES),  # it has spent 10 since
        (None, 100.0, 50.0, 950, Made.UNCLEAR),  # somebody else gave 50, perhaps
        (None, 100.0, 300.0, 600, Made.UNCLEAR),  # somebody else gave more
        (20.0, 100.0, 100.0, 920, Made.YES),
        (20.0, 100.0, 97.0, 920, Made.YES),  # it has spent 3 since
        (20.0, 100.0, 20.0, 1000, Made.NO),
        (20.0, 100.0, 15.0, 1000, Made.NO),
        (20.0, 100.0, 20.0, 920, Made.UNCLEAR),  # it may have got 80 and spent 80
        (20.0, 100.0, 90.0, 980, Made.UNCLEAR),  # 60 credits came, and hide some of the 80 that went
        (20.0, 100.0, 20.5, 1000, Made.NO),  # a refund
        (0.0, 10.0, 0.0, 1000, Made.NO),
        (0.0, 10.0, 0.0, 990, Made.UNCLEAR),  # it may have got 10 and spent them
        (0.0, 10.0, 0.0, 1500, Made.UNCLEAR),  # credits came, and may hide those that went
        (100.0, 20.0, 100.0, 1000, Made.NO),
        (100.0, 20.0, 20.0, 1080, Made.YES),
        (100.0, 20.0, 18.0, 1080, Made.YES),
        (100.0, 20.0, 18.0, 1000, Made.PROBABLY),
        (100.0, "off", None, 1100, Made.YES),
        (100.0, "off", 100.0, 1000, Made.NO),
        (100.0, 100.0, 100.0, 1000, Made.YES),
    ],
)
def test_a_quota_shows_whether_it_was_set(
    before: float | None, quota: float | str, left: float | None, credits_left: float, made: Made
) -> None:
    assert is_made(snapshot(before, quota), user(left), credits_left, KEY) is made


def test_a_user_shows_whether_it_was_created_or_deleted() -> None:
    for action, there, gone in (("create", Made.YES, Made.NO), ("delete", Made.NO, Made.YES)):
        assert is_made(snapshot(None, None, action=action), user(None), None, KEY) is there
        assert is_made(snapshot(None, None, action=action), None, None, KEY) is gone
    assert is_made(snapshot(None, 10.0), None, 1000, KEY) is Made.NO


def test_the_credits_that_a_change_has_moved() -> None:
    def moved(before: float | None, quota: Any, left: float | None, **more: Any) -> tuple[Any, ...]:
        return tuple(moved_credits(snapshot(before, quota, **more), left, is_sure=True).values())

    assert moved(None, 100.0, 900) == (100, True, 0)
    assert moved(20.0, 100.0, 920) == (80, True, 0)
    assert moved(20.0, 100.0, 900) == (80, True, 20), "others have spent, or the user has"
    assert moved(100.0, 20.0, 1080) == (-80, True, 0)
    assert moved(100.0, "off", 1100) == (-100, False, 0)
    assert moved(50.0, None, None) == (None, False, 0)
    assert moved(50.0, None, None, action="delete") == (-50, False, 0)
