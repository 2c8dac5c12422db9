"""Compares the lines that are kept of a closed month with what OVH shows by now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ovh_sms.campaign.account_usage import CREDIT_UNITS
from ovh_sms.store.usage import SENT, UsageLine

#: User, tag, sender and country of a line; its messages, segments, credits taken and credits refunded.
_Key = tuple[str, str, str, str]
_Amounts = tuple[int, ...]
_NOTHING: _Amounts = (0, 0, 0, 0)


def deleted_users(kept: Iterable[UsageLine], listed: Collection[str]) -> tuple[str, ...]:
    """Return the users of a month that OVH does not list any more.

    :param listed: logins.
    """
    return tuple(sorted({each.user_name for each in kept if each.kind == SENT and each.user_name} - {*listed}))


def difference_of(
    kept: Sequence[UsageLine], shown: Sequence[UsageLine], deleted: Collection[str] = ()
) -> dict[str, float] | None:
    """Return the messages and credits that OVH shows beyond those that are kept; ``None`` if each line is the same.

    :param deleted: users without an export by now. Their messages are all among the account's, or all nowhere: neither
        is a difference. Of the two, the one that leaves fewer changes is taken.
    """
    before, after = _amounts(kept), _amounts(shown)
    if deleted:
        among = _among_the_accounts(before, after, deleted)
        nowhere = {**after, **_of(deleted, before)}
        after = among if _changes(before, among) < _changes(before, nowhere) else nowhere
    if before == after:
        return None
    sums = [[sum(values) for values in zip(*of.values(), strict=True)] or [0] * 4 for of in (before, after)]
    messages, segments, taken, refunded = (new - old for old, new in zip(*sums, strict=True))
    lines = sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
    return {"messages": messages, "segments": segments, "credits": (taken - refunded) / CREDIT_UNITS, "lines": lines}


def _amounts(lines: Iterable[UsageLine]) -> dict[_Key, _Amounts]:
    found: dict[_Key, _Amounts] = {}
    for each in lines:
        if each.kind == SENT:  # the rest is known here, not at OVH
            key = (each.user_name, each.tag, each.sender, each.country)
            found[key] = (each.messages, each.segments, each.credits_taken, each.credits_refunded)
    return found


def _of(users: Collection[str], lines: Mapping[_Key, _Amounts]) -> dict[_Key, _Amounts]:
    return {key: amounts for key, amounts in lines.items() if key[0] in users}


def _among_the_accounts(
    before: Mapping[_Key, _Amounts], after: Mapping[_Key, _Amounts], deleted: Collection[str]
) -> dict[_Key, _Amounts]:
    """Take the lines of deleted users, as they are kept, off those of the account."""
    found = dict(after)
    for key, amounts in _of(deleted, before).items():
        of_account = ("", *key[1:])
        found[key] = amounts
        found[of_account] = _sum(found.get(of_account, _NOTHING), amounts, -1)
    return {key: amounts for key, amounts in found.items() if amounts != _NOTHING}


def _changes(before: Mapping[_Key, _Amounts], after: Mapping[_Key, _Amounts]) -> int:
    """Count what differs, line by line."""
    keys = before.keys() | after.keys()
    return sum(sum(map(abs, _sum(after.get(key, _NOTHING), before.get(key, _NOTHING), -1))) for key in keys)


def _sum(one: _Amounts, other: _Amounts, sign: int) -> _Amounts:
    return tuple(a + sign * b for a, b in zip(one, other, strict=True))
