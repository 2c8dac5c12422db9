"""The users that a file wants, compared with those of OVH: pure, nothing is called."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.settings import NONE, Words, digests, found_values, wanted_values, words_of
from ovh_sms.api.models_users import UserChanges
from ovh_sms.campaign.account_users import OFF
from ovh_sms.errors import InsufficientCredits
from ovh_sms.report.language import translatable
from ovh_sms.store.user_records import CREATE, DELETE, SAME, UNMANAGED, UPDATE, AppliedUser

if TYPE_CHECKING:
    from ovh_sms.api.models_users import User
    from ovh_sms.campaign.account_users import AccountUser

#: Credits have some decimals; a smaller difference is none.
NO_CREDIT = 1e-6
LEFT, CREDITS = translatable("{n} left"), translatable("{n} credits")
FOR_MONTH = translatable("{n} credits for {month}")
DELETED, CREATED_AGAIN = Words(translatable("deleted at OVH")), Words(translatable("created at OVH again"))


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """The change of one setting, in words.

    :param drifted: OVH holds another value than the one that was applied last, which the file still wants.
    :param digest: names the setting and its new value.
    """

    name: str
    before: Words
    after: Words
    digest: str
    drifted: bool = False

    def __str__(self) -> str:
        """Say it for the log."""
        after = f"another one: {self.after}" if self.before == self.after else str(self.after)
        return f"{self.name}: {self.before} -> {after}{' (changed at OVH)' if self.drifted else ''}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, for the page."""
        return {"name": self.name, "before": list(self.before), "after": list(self.after), "drifted": self.drifted}


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One difference between a user and the settings that were applied last.

    :param name: of the setting; empty if it is about the whole user.
    :param applied: ``None`` if it is about the whole user.
    """

    name: str = ""
    found: Words
    applied: Words | None = None

    def __str__(self) -> str:
        """Say it for the log."""
        return str(self.found) if self.applied is None else f"{self.name}: {self.found}, applied was {self.applied}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, for the page."""
        return {"name": self.name, "found": list(self.found), "applied": list(self.applied) if self.applied else None}


@dataclass(frozen=True, kw_only=True)
class UserDifference:
    """One user: what is to be done, and what only differs.

    :param state: ``create``, ``update``, ``delete``, ``same`` or ``unmanaged``.
    :param changes: what is to be sent to OVH; after the creation, for a new user.
    :param fields: the same in words.
    :param drift: what differs from what was applied last; some of it is only reported.
    :param quota: credits that it gets; ``None`` if its quota stays.
    :param quota_before: credits of its quota that are left; ``None`` without one.
    """

    login: str
    state: str
    changes: UserChanges = field(default_factory=UserChanges)
    fields: tuple[FieldChange, ...] = ()
    drift: tuple[Drift, ...] = ()
    quota: float | None = None
    quota_before: float | None = None

    @property
    def is_write(self) -> bool:
        """Whether something is to be done at OVH."""
        return self.state in (CREATE, UPDATE, DELETE)

    @property
    def takes(self) -> float:
        """Credits that its quota takes out of the account's, 0 if none."""
        return max(0.0, self.quota - (self.quota_before or 0.0)) if self.quota is not None else 0.0

    @property
    def steps(self) -> frozenset[str]:
        """Name each part of the change, for an approval: a part of what was approved is approved."""
        named = [] if self.state == UPDATE or not self.is_write else [self.state]
        named += [each.digest for each in self.fields]
        return frozenset(hashlib.sha256(f"{self.login}\x1f{each}".encode()).hexdigest()[:16] for each in named)

    @property
    def lines(self) -> list[str]:
        """The changes in words."""
        return [str(each) for each in self.fields]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """All users of an account, by login."""

    account: str
    users: tuple[UserDifference, ...]

    @property
    def writes(self) -> list[UserDifference]:
        """The users at which something is to be done: first those whose quotas take no credits."""
        return sorted((each for each in self.users if each.is_write), key=lambda each: (each.takes > 0, each.login))

    @property
    def takes(self) -> float:
        """Credits that quotas take out of the account's."""
        return sum(each.takes for each in self.users)

    @property
    def steps(self) -> frozenset[str]:
        """Name each part of it, for an approval."""
        return frozenset().union(*(each.steps for each in self.writes))

    def lines(self) -> list[str]:
        """Write it as a table for a log: login, state, changes."""
        rows = [(each.login, each.state, *_cells(each)) for each in self.users]
        width = max((len(login) for login, *_ in rows), default=0)
        return [f"{login:<{width}}  {state:<9}  {'; '.join(cells)}".rstrip() for login, state, *cells in rows]

    def refuse_uncovered(self, credits_left: float, reserved: float) -> None:
        """Refuse quotas for which the account has too few credits.

        :param reserved: credits that campaigns have reserved.
        :raises InsufficientCredits: with figures.
        """
        check_quotas(self.account, self.takes, credits_left, reserved)


def check_quotas(account: str, takes: float, credits_left: float, reserved: float) -> None:
    """Refuse quotas that take more credits out of an account than it can spare.

    :raises InsufficientCredits: with figures; nothing was changed.
    """
    if takes > 0 and takes > credits_left - reserved + NO_CREDIT:
        of_them = f", {reserved:.12g} of them reserved by campaigns" if reserved else ""
        raise InsufficientCredits(
            f"The quotas take {takes:.12g} credits out of {account}, which holds {credits_left:.12g}{of_them}.",
            action="Nothing was changed. Order credits, or lower a quota.",
        )


def compare(
    account: str,
    wanted: Mapping[str, AccountUser],
    found: Mapping[str, User],
    applied: Mapping[str, AppliedUser],
    *,
    month: str,
    key: bytes,
) -> Difference:
    """Compare the users that a file wants with those of OVH.

    :param found: by login; a user that no file names is shown, and left alone.
    :param applied: what was applied to the wanted ones, by login.
    :param month: now, such as ``2026-12``.
    :param key: of the digests.
    """
    users = [
        compare_user(login, wanted[login], found.get(login), applied.get(login) or AppliedUser(), month=month, key=key)
        for login in wanted
    ]
    others = [
        UserDifference(login=login, state=UNMANAGED, quota_before=user.quota_left)
        for login, user in found.items()
        if login not in wanted
    ]
    return Difference(account=account, users=tuple(sorted((*users, *others), key=lambda each: each.login)))


def compare_user(
    login: str, wanted: AccountUser, found: User | None, applied: AppliedUser, *, month: str, key: bytes
) -> UserDifference:
    """Compare one user that a file wants with OVH's; ``None`` if OVH has none."""
    if wanted.absent:
        if found is None:
            return UserDifference(login=login, state=SAME)
        back = (Drift(found=CREATED_AGAIN),) if applied.writes and not applied.is_there else ()
        return UserDifference(login=login, state=DELETE, drift=back, quota_before=found.quota_left)
    drift = [Drift(found=DELETED)] if found is None and applied.is_there else []
    # A user that was deleted at OVH is a new one: nothing is applied to it.
    known = applied if found is not None else AppliedUser()
    fields, changes = _settings(wanted, found, known, key)
    quota, about_quota, quota_drift = _quota(wanted, found, known, month)
    drift += [Drift(name=each.name, found=each.before, applied=each.after) for each in fields if each.drifted]
    if about_quota:
        fields.append(about_quota)
        changes |= {"no_quota": True} if quota is None else {"quota_left": quota}
    state = CREATE if found is None else UPDATE if fields else SAME
    return UserDifference(
        login=login,
        state=state,
        changes=UserChanges(**changes),
        fields=tuple(fields),
        drift=(*drift, *quota_drift),
        quota=quota,
        quota_before=found.quota_left if found else None,
    )


def _settings(
    wanted: AccountUser, found: User | None, applied: AppliedUser, key: bytes
) -> tuple[list[FieldChange], dict[str, Any]]:
    """The settings beside the quota that differ, in words and as OVH takes them."""
    target = wanted_values(wanted)
    if found is None:
        from ovh_sms.api.models_users import User

        found = User(login="")
    held = found_values(found)
    new, old = digests(key, target), digests(key, held)
    fields, changes = [], {}
    for name, value in target.items():
        was_applied = applied.wanted.get(name) == new[name]
        # OVH may write a value in another way: what it showed right after the change is what was applied.
        if value == held[name] or (was_applied and applied.shown.get(name) == old[name]):
            continue
        before, after = words_of(name, held[name]), words_of(name, value)
        fields.append(FieldChange(name=name, before=before, after=after, digest=new[name], drifted=was_applied))
        changes[name] = value
    return fields, changes


def _quota(
    wanted: AccountUser, found: User | None, applied: AppliedUser, month: str
) -> tuple[float | None, FieldChange | None, list[Drift]]:
    """The quota to give, its change in words, and how it differs from what was given.

    It is given when the file's number changes, and once a month with ``refill: monthly``: what the user has spent, or
    somebody else has changed at OVH, changes nothing by itself.
    """
    left = found.quota_left if found else None
    before = NONE if left is None else Words(LEFT, {"n": f"{left:.12g}"})
    if wanted.quota is None:
        return None, None, []
    if wanted.quota == OFF:
        if applied.quota == OFF:
            return None, None, [] if left is None else [Drift(name="quota", found=before, applied=NONE)]
        change = FieldChange(name="quota", before=before, after=NONE, digest="quota off")
        return None, change if left is not None else None, []
    amount = float(wanted.quota)
    after = Words(CREDITS, {"n": f"{amount:.12g}"})
    is_due = wanted.refill == "monthly" and applied.quota == amount and month > applied.month
    if applied.quota != amount or is_due:
        new = Words(FOR_MONTH, {**after.about, "month": month}) if is_due else after
        return amount, FieldChange(name="quota", before=before, after=new, digest=f"quota {amount:.12g}"), []
    if left is None or left > amount + NO_CREDIT:
        return None, None, [Drift(name="quota", found=before, applied=after)]
    return None, None, []


def _cells(user: UserDifference) -> list[str]:
    """The words about one user in the table."""
    cells = user.lines or ([] if user.quota_before is None else [f"quota: {user.quota_before:.12g} left"])
    return cells + [f"differs from what was applied: {each}" for each in user.drift]
