"""Adds people who opt out by a reply to those who are suppressed, in the transaction that stores the reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, update

from ovh_sms.messaging.number_hash import number_hash
from ovh_sms.reply_words import OPT_OUT as OPTS_OUT
from ovh_sms.store.suppressed import OPT_OUT, insert_people
from ovh_sms.store.suppression_tables import suppressed as _table

_RUN = ("campaign", "dag_id", "run_id", "tag")
_it = _table.c


def suppress_writers(
    connection: Connection, account: str, replies: Sequence[Mapping[str, Any]], *, key: bytes | None, now: datetime
) -> None:
    """Store who opts out by some replies, each person once; their digests are stored for themselves.

    A person whom OVH's list has named before stays as they are, and gets the run that the reply answers if OVH names
    no message.

    :param replies: new ones, as they are stored, but with number and digest.
    :param key: of the hashes in place of numbers; ``None`` if the numbers are kept.
    """
    leaving = [each for each in replies if each["action"] == OPTS_OUT and _is_phone(each["number"])]
    rows = [_row(account, each, key, now) for each in sorted(leaving, key=_moment)]
    insert_people(connection, list({row["digest"]: row for row in reversed(rows)}.values()))
    answered = [{f"its_{name}": row[name] for name in ("digest", *_RUN)} for row in rows if row["tag"] is not None]
    if answered:
        unnamed = _it.tag.is_(None), _it.outgoing_id.is_(None), _it.ovh_batch_id.is_(None)
        here = _it.account == account, _it.reason == OPT_OUT, _it.digest == bindparam("its_digest")
        values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in _RUN}
        connection.execute(update(_table).where(*here, *unnamed).values(values), answered)


def _row(account: str, reply: Mapping[str, Any], key: bytes | None, now: datetime) -> dict[str, Any]:
    is_known = reply["campaign"] is not None
    return {
        "account": account,
        "digest": reply["digest"],
        "reason": OPT_OUT,
        "number": reply["number"] if key is None else None,
        "number_hash": None if key is None else number_hash(reply["number"], key),
        "since": reply["received_at"],
        **{name: reply[name] if is_known else None for name in _RUN},
        "inbound_id": reply["inbound_id"],
        "stored_at": now,
    }


def _is_phone(number: str) -> bool:
    """Whether a sender is a person's number in E.164, and not a name or a short number."""
    return number.startswith("+") and number[1:].isdecimal()


def _moment(reply: Mapping[str, Any]) -> datetime:
    moment: datetime = reply["received_at"]
    return moment
