"""Groups rows of equal text and options into groups of at most 500 receivers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.api.submission_request import MOST_NUMBERS
from ovh_sms.messaging.receiver_zones import zones_of
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.outbox.validity import expires_at
from ovh_sms.store.models import OUTBOX_DAG

if TYPE_CHECKING:
    from ovh_sms.store.outbox_records import OutboxRow

#: A group has one validity: rows share it if their ends differ by this share of their validity at most, or a minute.
_SHARE, _LEAST = 10, timedelta(minutes=1)


def groups(rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
    """Group rows; the rows of a group, and the groups, keep the order of the rows.

    Two rows to one number are never in one group: OVH might take them for one.
    """
    alike: dict[tuple[object, ...], list[OutboxRow]] = {}
    for row in rows:
        alike.setdefault(_options(row), []).append(row)
    place = {row.id: at for at, row in enumerate(rows)}
    found = [group for each in alike.values() for some in _same_end(each) for group in _divided(some)]
    return sorted(found, key=lambda group: place[group[0].id])


def group_tag(account: str, rows: Sequence[OutboxRow]) -> str:
    """Name a group by the keys of its rows."""
    return digest_tag(OUTBOX_DAG, account, *sorted(row.key for row in rows))


def _options(row: OutboxRow) -> tuple[object, ...]:
    """The text and the options that the rows of one group share."""
    return (
        *(row.user, row.message, row.sender, bool(row.stop_clause)),
        *(row.message_class, row.coding, row.priority, row.validity),
        # Advertising leaves by the hours of its receivers.
        zones_of(row.receiver) if row.stop_clause else (),
    )


def _same_end(rows: list[OutboxRow]) -> Iterator[list[OutboxRow]]:
    """Divide rows of one validity by their ends, so that none is dropped much too early."""
    if rows[0].validity is None:
        yield rows
        return
    by_end: list[list[OutboxRow]] = []
    for row in sorted(rows, key=expires_at):
        most = max(timedelta(minutes=row.validity or 0) / _SHARE, _LEAST)
        if by_end and expires_at(row) - expires_at(by_end[-1][0]) <= most:
            by_end[-1].append(row)
        else:
            by_end.append([row])
    for each in by_end:
        yield sorted(each, key=lambda row: row.id)


def _divided(rows: list[OutboxRow]) -> Iterator[list[OutboxRow]]:
    """Divide rows into groups of different numbers, each as large as may be."""
    left = rows
    while left:
        group: dict[str, OutboxRow] = {}
        later = []
        for row in left:
            if row.receiver in group or len(group) == MOST_NUMBERS:
                later.append(row)
            else:
                group[row.receiver] = row
        yield list(group.values())
        left = later
