"""Levels several accounts: credits of accounts that have some to spare go to those that fall short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import ceil
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.store.models import SUCCEEDED, TRANSFER

if TYPE_CHECKING:
    from ovh_sms.credits.levels import AccountLevel
    from ovh_sms.credits.needs import Need


@dataclass(frozen=True, kw_only=True)
class ShortAccount:
    """An account that falls short, and the one that may give.

    :param name: of its account file.
    :param source: name of the account file that gives.
    :param keep: credits that the source keeps at least, beside its reservations; its own need if that is more.
    :param sizes: credits of an order, as its file names them: a transfer brings as many if the source can spare them.
    :param need: its need; one that an order or a transfer covers gets nothing.
    """

    name: str
    source: str
    keep: float
    level: AccountLevel
    need: Need
    sizes: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True)
class PlannedTransfer:
    """One transfer, as it is handed to the task that makes it.

    :param source: name of the account file that gives; ``target``: of the one that gets.
    :param keep: credits that stay on the source at least, beside those that are reserved once the transfer is made.
    :param enough: credits of the target with which nothing is transferred any more.
    :param need: plain form of the target's need.
    """

    source: str
    target: str
    source_account: str
    target_account: str
    credits: int
    keep: float
    enough: float
    need: dict[str, Any]

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` made."""
        return cls(**{each.name: values[each.name] for each in fields(cls)})


def plan_transfers(short: Sequence[ShortAccount], sources: Mapping[str, AccountLevel]) -> Iterator[PlannedTransfer]:
    """Plan one transfer for each account whose need its source can cover whole, the smallest need first.

    A need that no transfer covers whole is left to an order. A source gives only what it can spare beside its own
    need and reservations, all transfers together; one that falls short itself gives nothing.

    :param sources: the levels of the sources, by the names of their account files.
    """
    given = dict[str, float]()
    for each in sorted(short, key=lambda account: (_missing(account), account.name)):
        source = sources.get(each.source)
        missing = _missing(each)
        if source is None or not missing or _is_made(each.need):
            continue
        left = source.spare(each.keep) - given.get(each.source, 0.0)
        amount = next((size for size in sorted(each.sizes) if missing <= size <= left), missing)
        if amount > left:
            continue
        given[each.source] = given.get(each.source, 0.0) + amount
        yield PlannedTransfer(
            source=each.source,
            target=each.name,
            source_account=source.account,
            target_account=each.level.account,
            credits=amount,
            keep=source.kept(each.keep),
            enough=each.level.enough,
            need=each.need.to_xcom(),
        )


def _is_made(need: Need) -> bool:
    """Whether an order covers the need, or a transfer that was made; one that may have been is planned again.

    Its task then makes sure what became of it.
    """
    it = need.deposit
    return it is not None and (it.kind != TRANSFER or it.state == SUCCEEDED)


def _missing(account: ShortAccount) -> int:
    return ceil(account.level.needed.credits) if account.level.needed else 0
