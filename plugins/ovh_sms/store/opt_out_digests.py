"""People who opted out, as keyed digests: known even once their number is erased, or OVH's list has lost it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from ovh_sms.errors import ClaimOutdated
from ovh_sms.store import tables
from ovh_sms.store.identity import Identity
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing_rows
from ovh_sms.store.write_retry import repeat_conflicts

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.person_digests import OptedOut
    from ovh_sms.contacts.classify.receiver_digests import Digests

_table = tables.opt_out_digests
#: People that one transaction adds at most: OVH's calls that come meanwhile wait for its end.
_BLOCK = 2_000
#: Digests that one query names at most.
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class OptOutsRead:
    """The opt-outs that a batch was compared with before its claim.

    :param rows: digests that were stored then.
    :param receivers: digests of those who are given to OVH; none of them had opted out.
    """

    rows: int
    receivers: Digests


class OptOutDigests(Repository):
    """Digests of people who opted out, with the account that they answered."""

    def opted_out(self) -> OptedOut:
        """Read the people who opted out of the messages of any account, to leave them out of a list."""
        from ovh_sms.contacts.classify.person_digests import OptedOut

        secret = Identity(self.database, self.clock).secret()
        query = select(_table.c.digest).distinct()
        with self.database.reading() as connection:
            rows = _count(connection)  # first: one that is stored in between is noticed later
            return OptedOut(secret, connection.execute(query).scalars(), rows=rows)

    def among(self, numbers: Sequence[str]) -> tuple[set[str], int]:
        """Find those of some numbers whose people opted out of the messages of any account.

        :param numbers: E.164.
        :returns: them, and how many digests are stored, which a claim compares; one stored in between is noticed then.
        """
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        people = PersonDigester(Identity(self.database, self.clock).secret()).of_numbers(numbers)
        found: set[int] = set()
        with self.database.reading() as connection:
            rows = _count(connection)
            accounts = list(connection.execute(select(_table.c.account).distinct()).scalars())
            for start in range(0, len(people), _AT_ONCE):
                some = _table.c.digest.in_(people[start : start + _AT_ONCE])
                query = select(_table.c.digest).where(_table.c.account.in_(accounts), some)
                found.update(connection.execute(query).scalars())
        return {number for number, digest in zip(numbers, people, strict=True) if digest in found}, rows

    def has(self, number: str) -> bool:
        """Return whether a person opted out of the messages of any account.

        :param number: E.164.
        """
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        (digest,) = PersonDigester(Identity(self.database, self.clock).secret()).of_numbers([number])
        with self.database.reading() as connection:
            accounts = select(_table.c.account).distinct()
            query = select(_table.c.digest).where(_table.c.account.in_(accounts), _table.c.digest == digest).limit(1)
            return connection.execute(query).first() is not None

    def unknown(self, account: str, numbers: Sequence[str]) -> list[str]:
        """Return those who are not known to have answered an account.

        :param numbers: E.164.
        """
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        digests = PersonDigester(Identity(self.database, self.clock).secret()).of_numbers(numbers)
        query = select(_table.c.digest).where(_table.c.account == account)
        with self.database.reading() as connection:
            known = set(connection.execute(query).scalars())
        return [number for number, digest in zip(numbers, digests, strict=True) if digest not in known]

    def add(self, account: str, numbers: Sequence[str]) -> None:
        """Keep the digests of people who opted out; repeating it is harmless.

        :param numbers: E.164.
        """
        secret = Identity(self.database, self.clock).secret()

        def write(some: Sequence[str]) -> None:
            with self.database.writing() as connection:
                remember(connection, account, some, secret=secret, at=self.clock.now())

        for start in range(0, len(numbers), _BLOCK):
            repeat_conflicts(self.clock, partial(write, numbers[start : start + _BLOCK]))


def refuse_opted_out(connection: Connection, read: OptOutsRead) -> None:
    """Refuse a batch to somebody who opted out since the opt-outs were read, within the transaction that claims it.

    :raises ClaimOutdated: somebody did.
    """
    if _count(connection) == read.rows:
        return
    import numpy as np

    found = connection.execution_options(yield_per=10_000).execute(select(_table.c.digest)).scalars()
    known = np.fromiter(found, dtype=np.int64).view(np.uint64)
    if np.isin(read.receivers, known).any():
        raise ClaimOutdated("Somebody in the batch opted out while it was about to be submitted. Nothing was sent.")


def _count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(_table)).scalar_one())


def remember(connection: Connection, account: str, numbers: Sequence[str], *, secret: bytes, at: datetime) -> None:
    """Do what :meth:`OptOutDigests.add` does, within a transaction."""
    if not numbers:
        return
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    digests = PersonDigester(secret).of_numbers(numbers)
    insert_missing_rows(
        connection, _table, [{"account": account, "digest": each, "at": at} for each in sorted(set(digests))]
    )
