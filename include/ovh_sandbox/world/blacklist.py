"""The blacklist: numbers that answered STOP to a message, and numbers added by hand."""

import sqlite3

from ..sandbox import Sandbox

# An entry that was deleted stays away until a later STOP.
_ENTRIES = """
SELECT x.number, min(x.since) AS since, x.message FROM (
  SELECT m.receiver AS number, m.stop_at AS since, m.id AS message
  FROM messages m JOIN jobs s ON s.id = m.job
  WHERE m.stop_at <= :now AND m.cancelled IS NULL AND s.account = :account
  UNION ALL SELECT number, created, NULL FROM blacklist WHERE account = :account AND created <= :now) x
WHERE (:number IS NULL OR x.number = :number) AND NOT EXISTS (
  SELECT 1 FROM forgiven f WHERE f.account = :account AND f.number = x.number AND f.at >= x.since)
GROUP BY x.number ORDER BY 2, 1
"""


def entries(box: Sandbox, account: str, *, number: str | None = None) -> list[sqlite3.Row]:
    """Number, moment of the STOP and message row of each entry, the oldest first."""
    return box.state.rows(_ENTRIES, account=account, now=box.now, number=number)


def numbers(box: Sandbox, account: str) -> set[str]:
    """The numbers that get no message with a STOP clause any more."""
    return {row["number"] for row in entries(box, account)}


def add(box: Sandbox, account: str, number: str) -> None:
    """Put a number there by hand."""
    row = (account, number, int(box.now))
    box.state.change("INSERT OR REPLACE INTO blacklist VALUES (?, ?, ?)", *row)


def forgive(box: Sandbox, account: str, number: str) -> None:
    """Take a number off."""
    with box.state.write() as db:
        db.execute("DELETE FROM blacklist WHERE account = ? AND number = ?", (account, number))
        db.execute("INSERT OR REPLACE INTO forgiven VALUES (?, ?, ?)", (account, number, int(box.now)))
