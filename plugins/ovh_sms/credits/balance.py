"""Levels several accounts: credits of accounts that have some to spare go to those that fall short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import ceil
from typing import TYPE_CHECKING, Any, Self

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
class UndecidedTransfer:
    """A transfer that may have been made: its need gets no other until that is decided.

    :param name: of the account file that gets.
    :param source: name of the file of the account that gives; empty if there is none any more.
    :param need: whose deposit it is.
    """

    name: str
    source: str
    need: Need


@dataclass(frozen=True, kw_only=True)
class PlannedTransfer:
    """One transfer, as it is handed to the task that makes it.

    :param source: name of the account file that gives, empty if there is none any more; ``target``: of the one that
        gets.
    :param keep: credits that stay on the source at least, beside those that are reserved once the transfer is made.
    :param enough: credits of the target with which nothing is transferred any more; 0 if an earlier transfer is only
        reconciled.
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


def plan_transfers(
    short: Sequence[ShortAccount], sources: Mapping[str, AccountLevel], undecided: Sequence[UndecidedTransfer] = ()
) -> Iterator[PlannedTransfer]:
    """Plan one transfer for each account whose need its source can cover whole, the smallest need first.

    A need that no transfer covers whole is left to an order. A source gives only what it can spare beside its own
    need and reservations, all transfers together; one that falls short itself gives nothing.

    A transfer that may have been made is always planned, from its own source: its task reconciles it. It is made again
    only if the account still falls short, gets its credits from the same source, and that can spare them.

    :param sources: the levels of the sources, by the names of their account files.
    :param undecided: transfers that may have been made, each of an account of its own.
    """
    given = dict[str, float]()
    reconciled = {each.name: each for each in undecided}
    for each in sorted(short, key=lambda account: (_missing(account), account.name)):
        source = sources.get(each.source)
        missing = _missing(each)
        if source is None or not missing or not _is_free(each.need, source.account):
            continue
        left = source.spare(each.keep) - given.get(each.source, 0.0)
        amount = next((size for size in sorted(each.sizes) if missing <= size <= left), missing)
        if amount > left:
            continue
        given[each.source] = given.get(each.source, 0.0) + amount
        reconciled.pop(each.name, None)
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
    yield from map(_reconciled, reconciled.values())


def _reconciled(transfer: UndecidedTransfer) -> PlannedTransfer:
    """Plan that an earlier transfer is reconciled, and that nothing more is transferred."""
    deposit = transfer.need.deposit
    assert deposit is not None  # noqa: S101 - it is the transfer
    return PlannedTransfer(
        source=transfer.source,
        target=transfer.name,
        source_account=deposit.source,
        target_account=transfer.need.account,
        credits=ceil(deposit.quantity or 0),
        keep=0.0,
        enough=0.0,
        need=transfer.need.to_xcom(),
    )


def _is_free(need: Need, source: str) -> bool:
    """Whether a transfer from a source may be made for a need, or be made again if it was not made before."""
    it = need.deposit
    return it is None or (it.is_undecided_transfer and it.source == source)


def _missing(account: ShortAccount) -> int:
    return ceil(account.level.needed.credits) if account.level.needed else 0
