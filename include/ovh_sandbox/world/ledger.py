"""The truth about credits and money: orders with their payments, transfers, and where the credits of accounts went."""

from typing import Any

from ..clock import utc_iso, whole
from ..sandbox import Sandbox
from . import orders, payments, users

_BY_ACCOUNT = {
    "bought": "SELECT account, total(quantity) AS n FROM ({orders}) WHERE credited AND NOT recredit GROUP BY account",
    "recredited": "SELECT account, total(quantity) AS n FROM ({orders}) WHERE credited AND recredit GROUP BY account",
    "transferred_in": "SELECT target AS account, total(credits) AS n FROM transfers GROUP BY target",
    "transferred_out": "SELECT source AS account, total(credits) AS n FROM transfers GROUP BY source",
    "spent": "SELECT account, total(credits) AS n FROM jobs GROUP BY account",
    "cancelled": (
        "SELECT s.account, total(m.credits) AS n FROM messages m JOIN jobs s ON s.id = m.job"
        " WHERE m.cancelled IS NOT NULL GROUP BY s.account"
    ),
    "checks": "SELECT account, count(*) * 0.1 AS n FROM number_checks GROUP BY account",
    "replies": "SELECT account, total(credits) AS n FROM replies WHERE arrived = 1 GROUP BY account",
}
_LESS = ("transferred_out", "spent", "replies", "checks")


def ordered(box: Sandbox, *, account: str | None) -> dict[str, Any]:
    """Return every order of credits by account, paid or not; ``double_payments`` must be 0."""
    accounts: dict[str, list[dict[str, Any]]] = {}
    found = _orders(box, account=account, recredit=False)
    for order in found:
        accounts.setdefault(order.pop("account"), []).append(order)
    doubles = sum(order["double_payments"] for order in found)
    return {"made": len(found), "double_payments": doubles, "by_account": accounts}


def recredits(box: Sandbox, *, account: str | None) -> list[dict[str, Any]]:
    """Return the orders that OVH made by itself."""
    return _orders(box, account=account, recredit=True)


def _orders(box: Sandbox, *, account: str | None, recredit: bool) -> list[dict[str, Any]]:
    sql = (
        f"SELECT * FROM ({orders.FIND}) WHERE recredit = :own AND (:account IS NULL OR account = :account) ORDER BY id"
    )
    return [_order(box, row) for row in box.state.rows(sql, account=account, own=recredit)]


def _order(box: Sandbox, row: Any) -> dict[str, Any]:
    total, calls = orders.amounts(row), payments.of_order(box, row["id"])
    return {
        **{name: row[name] for name in ("id", "account", "quantity", "status")},
        "credited": bool(row["credited"]),
        "price_with_tax": total.with_tax / 100,
        "price_without_tax": total.without_tax / 100,
        "created": utc_iso(row["created"]),
        "expires": utc_iso(row["expires"]),
        "delivered": row["delivered"] and utc_iso(row["delivered"]),
        "double_payments": sum(call["second"] for call in calls),
        "payments": [
            {
                **{name: call[name] for name in ("payer", "method")},
                **{name: bool(call[name]) for name in ("accepted", "second", "returned")},
                "at": utc_iso(call["at"]),
            }
            for call in calls
        ],
    }


def transferred(box: Sandbox, *, account: str | None) -> list[dict[str, Any]]:
    """Return every transfer, from or to an account."""
    sql = "SELECT * FROM transfers WHERE :account IS NULL OR :account IN (source, target) ORDER BY id"
    names = ("id", "source", "target", "credits")
    return [
        {**{name: row[name] for name in names}, "credits": whole(row["credits"]), "at": utc_iso(row["at"])}
        for row in box.state.rows(sql, account=account)
    ]


def credits_of(box: Sandbox, *, account: str | None) -> dict[str, dict[str, float]]:
    """Return where the credits of every account came from and went.

    ``quotas`` are credits that users' quotas hold; ``refunded`` has those given back to quotas too. ``lost`` is what
    all of that leaves, less what the account and the quotas have: it must be 0.
    """
    sums = {name: _sums(box, sql) for name, sql in _BY_ACCOUNT.items()}
    sql = (
        "SELECT a.name, a.credits, coalesce(g.start, a.credits) AS start, coalesce(g.adjusted, 0) AS adjusted"
        " FROM accounts a LEFT JOIN given g ON g.account = a.name"
        " WHERE :account IS NULL OR a.name = :account ORDER BY a.name"
    )
    ledger = {}
    for row in box.state.rows(sql, account=account):
        moved = {name: found.get(row["name"], 0.0) for name, found in sums.items()}
        moved |= {"start": row["start"], "adjusted": row["adjusted"], "refunded": box.refunded(row["name"])}
        left = row["credits"] + moved["refunded"]
        quotas = sum(users.held(box, row["name"]))
        moved["refunded"] += users.refunded(box, row["name"])
        moved["lost"] = sum(-value if name in _LESS else value for name, value in moved.items()) - left - quotas
        sums_of = {**moved, "left": left, "quotas": quotas}
        ledger[row["name"]] = {name: whole(round(value, 2)) for name, value in sums_of.items()}
    return ledger


def _sums(box: Sandbox, sql: str) -> dict[str, float]:
    return {row["account"]: row["n"] for row in box.state.rows(sql.format(orders=orders.FIND))}
