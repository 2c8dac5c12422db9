"""Whether a write at a user was made, by what OVH shows; and which credits it has moved. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.difference import NO_CREDIT
from ovh_sms.accounts.settings import digests, found_values
from ovh_sms.campaign.account_users import OFF
from ovh_sms.store.user_records import CREATE, DELETE

if TYPE_CHECKING:
    from ovh_sms.api.models_users import User


class Made(StrEnum):
    """The state of a write whose answer was lost."""

    YES = "yes"
    #: The user is as it was wanted to be; its own spending may have made it so.
    PROBABLY = "probably"
    NO = "no"
    UNCLEAR = "unclear"


def is_made(snapshot: Mapping[str, Any], user: User | None, credits_left: float | None, key: bytes) -> Made:
    """Return whether a write was made.

    A user lowers its quota by spending, and a change sets it. So a quota that appeared, went, or rose while the account
    lost as much shows the change. One that did not rise may have been raised and spent: then the account's credits must
    say that none left it.

    :param snapshot: of the attempt.
    :param user: as OVH shows it now; ``None`` if there is none.
    :param credits_left: of the account now, if a quota was to be changed.
    """
    if snapshot["action"] == CREATE:
        return Made.NO if user is None else Made.YES
    if snapshot["action"] == DELETE:
        return Made.YES if user is None else Made.NO
    if user is None:
        return Made.NO
    shown = digests(key, found_values(user))
    has_settings = all(shown.get(name) == digest for name, digest in snapshot["wanted"].items())
    if snapshot["quota"] is None:
        return Made.YES if has_settings else Made.NO
    if snapshot["quota"] == OFF:
        return Made.NO if user.has_quota else Made.YES
    return _has_quota(snapshot, user.quota_left, credits_left, has_settings=has_settings)


def _has_quota(
    snapshot: Mapping[str, Any], left: float | None, credits_left: float | None, *, has_settings: bool
) -> Made:
    """Whether a quota was set, by what is left of it."""
    quota, before = snapshot["quota"], snapshot["quota_before"]
    if left is None:
        return Made.NO
    gone = None if credits_left is None else snapshot["credits_left"] - credits_left
    if before is None or quota > before + NO_CREDIT:
        return _raised(left, before, quota, gone)
    if left > quota + NO_CREDIT:
        return Made.NO
    if quota < before - NO_CREDIT:
        came = gone is not None and gone < -NO_CREDIT
        return Made.YES if came or abs(left - quota) < NO_CREDIT else Made.PROBABLY
    return Made.YES if has_settings else Made.NO  # the quota stays as it was


def _raised(left: float, before: float | None, quota: float, gone: float | None) -> Made:
    """Whether a quota was given or raised that may have been spent since.

    Refunds raise one, too, but take nothing elsewhere. Credits that came meanwhile hide some that went: if fewer went
    than the quota takes, a change is not ruled out.
    """
    moved = quota - (before or 0.0)
    if abs(left - quota) < NO_CREDIT:
        return Made.YES
    has_left = gone is not None and gone > moved - NO_CREDIT
    if before is None or left > before + NO_CREDIT:
        if has_left:
            return Made.YES if left < quota else Made.UNCLEAR  # somebody else has given more
        return Made.NO if gone is not None and abs(gone) < NO_CREDIT and before is not None else Made.UNCLEAR
    if has_left:  # it may have spent exactly as much since
        return Made.UNCLEAR
    if before > NO_CREDIT and abs(left - before) < NO_CREDIT:
        return Made.NO  # nothing was spent, either
    return Made.UNCLEAR if gone is None or gone < -NO_CREDIT else Made.NO


def moved_credits(snapshot: Mapping[str, Any], credits_left: float | None, *, is_sure: bool) -> dict[str, Any]:
    """Return which credits a change moved from the account to the user, for the witness of both.

    What the user has spent between the last reading and the change, OVH took besides: at most what it had left.

    :param credits_left: of the account right after; they may show that it has spent nothing.
    :param is_sure: whether the change was certainly made.
    :returns: ``moved`` (fewer than none if they came back, ``None`` if no quota was changed), ``is_exact``, ``more``.
    """
    before, quota = snapshot["quota_before"] or 0.0, snapshot["quota"]
    if snapshot["action"] == DELETE or quota == OFF:
        # It is not documented that OVH returns what is left.
        return {"moved": -before if before else None, "is_exact": False, "more": 0.0}
    if quota is None:
        return {"moved": None, "is_exact": False, "more": 0.0}
    moved = quota - before
    gone = None if credits_left is None else snapshot["credits_left"] - credits_left
    is_quiet = not before or (gone is not None and abs(gone - moved) < NO_CREDIT)
    return {"moved": moved, "is_exact": is_sure, "more": 0.0 if is_quiet else before}
