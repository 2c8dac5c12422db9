"""The newest check of each account's credits: its decision, and why it refused to order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from ovh_sms.store.credit_level_tables import credit_checks as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.run_records import Problem
from ovh_sms.store.upsert import insert_missing, upsert

#: Decision of a check that refused to order: its problem says why.
REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class AccountCheck:
    """The decision of an account's newest check.

    :param name: of the account file.
    :param decision: ``enough``, ``covered``, ``order``, ``no_orders``, ``reconcile`` or ``refused``; empty before the
        first check.
    :param problem: why it refused.
    :param quote: plain form of the order that it chose: ``quantity``, ``price_with_tax``, ``currency`` and others.
    :param open_order: plain form of the order that covers the need; that may be a person's.
    :param month: ``month`` (such as ``2026-03``), ``cap``, ``currency``, and the price with tax of orders that others
        made in that month; ``None`` if the account has no cap.
    :param recredit: ``threshold`` and ``quantity`` of OVH's own recredit, as the account file has set it.
    """

    account: str
    name: str
    checked_at: datetime
    decision: str = ""
    problem: Problem | None = None
    quote: Mapping[str, Any] | None = None
    open_order: Mapping[str, Any] | None = None
    month: Mapping[str, Any] | None = None
    recredit: Mapping[str, Any] | None = None


class CreditChecks(Repository):
    """The newest check by account."""

    def record(self, check: AccountCheck) -> None:
        """Record a check in place of the one before; the recredit that is recorded stays."""
        values = asdict(check) | {"problem": check.problem and check.problem.to_json()}
        with self.database.writing() as connection:
            upsert(connection, _table, [values], kept=["recredit"])

    def set_recredit(self, account: str, name: str, recredit: Mapping[str, Any] | None) -> None:
        """Record OVH's own recredit of an account.

        :param name: of the account file.
        :param recredit: ``threshold`` and ``quantity``; ``None`` if it is off.
        """
        first = {"account": account, "name": name, "checked_at": self.clock.now(), "decision": ""}
        known = dict(recredit) if recredit is not None else None
        with self.database.writing() as connection:
            insert_missing(connection, _table, first)
            connection.execute(update(_table).where(_table.c.account == account).values(recredit=known))

    def of(self, account: str) -> AccountCheck | None:
        """Return the newest check of an account; ``None`` if it was never checked."""
        return next(iter(self._list(_table.c.account == account)), None)

    def all(self) -> list[AccountCheck]:
        """List the newest check of every account, by account."""
        return self._list()

    def _list(self, *where: ColumnElement[bool]) -> list[AccountCheck]:
        with self.database.reading() as connection:
            rows = connection.execute(select(_table).where(*where).order_by(_table.c.account)).mappings()
            return [AccountCheck(**{**row, "problem": Problem.from_json(row["problem"])}) for row in rows]
