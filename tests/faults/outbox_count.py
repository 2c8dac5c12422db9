"""Counts single SMS that are lost, doubled or stuck, from the sandbox's truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

#: The counts that must be 0.
OUTBOX_BREACHES = ("lost", "doubled", "wrong", "stuck", "asked", "misnoted", "errors")


def count_rows(
    wanted: Iterable[tuple[str, str]], rows: Iterable[tuple[str, str, str]], messages: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Compare the messages that people got with those that were queued.

    :param wanted: number and text of each SMS that was queued, no two alike.
    :param rows: number, text and state of each row.
    :param messages: all that OVH sent, with ``receiver`` and ``message``.
    """
    got = Counter((each["receiver"], each["message"]) for each in messages)
    meant, noted = set(wanted), {(number, text): state for number, text, state in rows}
    return {
        "lost": len(meant - got.keys()),
        "doubled": sum(number - 1 for number in got.values()),
        "wrong": len(got.keys() - meant),
        "stuck": sum(state == "pending" for state in noted.values()),
        "asked": sum(state == "unknown" for state in noted.values()),
        # A row says that it was sent if and only if it was.
        "misnoted": sum((state == "submitted") != (sms in got) for sms, state in noted.items() if state != "pending"),
    }
