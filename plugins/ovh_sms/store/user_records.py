"""Users of accounts as typed values: what was applied to one, its quota's changes, and its last comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

#: Writes at a user of an account.
CREATE, UPDATE, DELETE = "create", "update", "delete"
#: Other results of a comparison: the user is as its file says, or no file names it.
SAME, UNMANAGED = "same", "unmanaged"
OFF: Literal["off"] = "off"


@dataclass(frozen=True, kw_only=True)
class AppliedUser:
    """A user as the journal knows it: the settings that were applied last, as keyed digests.

    :param writes: writes that were made at it, of any kind.
    :param is_there: whether it was created or changed by one, and not deleted since.
    :param wanted: digests of the settings as a file named them, by the setting.
    :param shown: digests of the same settings as OVH showed them right after.
    :param quota: credits that were given to it last; ``off`` if its quota was switched off, ``None`` for neither.
    :param month: in which they were given, such as ``2026-12``.
    :param created_at: when it was created, if that was the last write: OVH may show it some time later.
    """

    writes: int = 0
    is_there: bool = False
    wanted: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    quota: float | Literal["off"] | None = None
    month: str = ""
    created_at: datetime | None = None


class JournaledQuota(NamedTuple):
    """A change of a user's quota that was made: credits went from the account to the user, or back.

    :param credits: that went to the user; fewer than none if they came back.
    :param is_exact: whether exactly these went, and not perhaps none of them.
    :param more: credits that may have gone to the user besides: what it spent right before the change.
    :param after: OVH's time when it was not made yet.
    :param before: OVH's time when it was.
    """

    account: str
    login: str
    credits: float
    is_exact: bool
    more: float
    after: datetime
    before: datetime


@dataclass(frozen=True, kw_only=True)
class UserRow:
    """One user as the last comparison found it.

    :param state: ``create``, ``update``, ``delete``, ``same`` or ``unmanaged``.
    :param quota: credits of its quota by the file; ``None`` if the file says nothing of it.
    :param quota_left: credits of its quota that are left; ``None`` if it has none.
    :param changes: ``name``, ``before``, ``after`` and ``drifted`` of each change; words without addresses and numbers.
    :param drift: ``name``, ``found`` and ``applied`` of each difference from what was applied last.
    :param drift_at: when a difference was seen last; it may have been corrected since.
    """

    account: str
    login: str
    state: str
    at: datetime
    quota: float | None = None
    quota_left: float | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)
    last_drift: list[dict[str, Any]] = field(default_factory=list)
    drift_at: datetime | None = None
