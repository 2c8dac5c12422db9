"""The users of accounts: what was applied to them, by the journal, and how the last comparison found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from ovh_sms.store import tables
from ovh_sms.store.models import OVER, SUCCEEDED, USER, Attempt
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import upsert
from ovh_sms.store.user_records import CREATE, DELETE, AppliedUser, JournaledQuota, UserRow
from ovh_sms.store.user_tables import users as _rows

_table = tables.attempts
_COLUMNS = [_rows.c[each.name] for each in fields(UserRow)]


class Users(Repository):
    """Users by account and login."""

    def applied(self, account: str, login: str) -> AppliedUser:
        """Return what the writes at a user have made of it, those of every run."""
        here = (_table.c.account == account, _login() == login, _table.c.state == SUCCEEDED)
        found = AppliedUser()
        for answer in self._answers(*here):
            found = _after(found, answer)
        return found

    def undecided(self, account: str) -> set[str]:
        """Return the logins of the users at which a write may have been made."""
        query = select(_login()).where(
            _table.c.kind == USER, _table.c.account == account, _table.c.state.not_in((*OVER, SUCCEEDED))
        )
        with self.database.reading() as connection:
            return {str(each) for each in connection.execute(query).scalars()}

    def quota_changes(self, account: str, since: datetime, login: str | None = None) -> list[JournaledQuota]:
        """List the changes of quotas that were made since a moment, by the time of their claim, the first one first.

        :param login: of one user; those of all users without it.
        """
        here = [_table.c.account == account, _table.c.state == SUCCEEDED, _table.c.claimed_at >= since]
        if login is not None:
            here.append(_login() == login)
        return [_quota(account, each) for each in self._answers(*here) if each.get("moved") is not None]

    def record(self, account: str, rows: Sequence[UserRow]) -> None:
        """Replace the last comparison of an account's users; the newest drift of each stays."""
        with self.database.writing() as connection:
            query = select(*_COLUMNS).where(_rows.c.account == account)
            before = {row["login"]: UserRow(**row) for row in connection.execute(query).mappings()}
            connection.execute(delete(_rows).where(_rows.c.account == account))
            upsert(connection, _rows, [asdict(_with_drift(each, before.get(each.login))) for each in rows])

    def rows(self, account: str) -> list[UserRow]:
        """List the users of an account as the last comparison found them, by login."""
        query = select(*_COLUMNS).where(_rows.c.account == account).order_by(_rows.c.login)
        with self.database.reading() as connection:
            return [UserRow(**row) for row in connection.execute(query).mappings()]

    def accounts(self) -> list[str]:
        """List the accounts whose users were compared."""
        with self.database.reading() as connection:
            return list(connection.execute(select(_rows.c.account).distinct().order_by(_rows.c.account)).scalars())

    def attempts(self, account: str, login: str) -> list[Attempt]:
        """List the attempts at writes of a user, the first one first."""
        query = select(*(_table.c[each.name] for each in fields(Attempt)))
        here = (_table.c.kind == USER, _table.c.account == account, _login() == login)
        with self.database.reading() as connection:
            found = connection.execute(query.where(*here).order_by(_table.c.claimed_at, _table.c.attempt))
            return [Attempt(**row) for row in found.mappings()]

    def _answers(self, *here: ColumnElement[bool]) -> list[dict[str, Any]]:
        order = (_table.c.claimed_at, _table.c.tag, _table.c.attempt)
        query = select(_table.c.answer).where(_table.c.kind == USER, *here).order_by(*order)
        with self.database.reading() as connection:
            return [each for each in connection.execute(query).scalars() if each]


def _login() -> ColumnElement[Any]:
    login: ColumnElement[Any] = _table.c.snapshot["login"].as_string()
    return login


def _after(found: AppliedUser, answer: dict[str, Any]) -> AppliedUser:
    """Return the applied settings after one more write."""
    writes = found.writes + 1
    if answer["action"] == DELETE:
        return AppliedUser(writes=writes)
    if answer["action"] == CREATE:
        return AppliedUser(writes=writes, is_there=True, created_at=datetime.fromisoformat(answer["done_at"]))
    quota = answer.get("quota")
    about = {} if quota is None else {"quota": quota, "month": answer["month"]}
    wanted, shown = {**found.wanted, **answer["wanted"]}, {**found.shown, **answer["shown"]}
    return replace(found, writes=writes, is_there=True, created_at=None, wanted=wanted, shown=shown, **about)


def _quota(account: str, answer: dict[str, Any]) -> JournaledQuota:
    return JournaledQuota(
        account=account,
        login=answer["login"],
        credits=float(answer["moved"]),
        is_exact=bool(answer["is_exact"]),
        more=float(answer["more"]),
        after=datetime.fromisoformat(answer["not_yet_at"]),
        before=datetime.fromisoformat(answer["done_at"]),
    )


def _with_drift(row: UserRow, before: UserRow | None) -> UserRow:
    if row.drift:
        return replace(row, last_drift=row.drift, drift_at=row.at)
    if before is None:
        return row
    return replace(row, last_drift=before.last_drift, drift_at=before.drift_at)
