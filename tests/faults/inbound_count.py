"""Counts replies and answers that are lost or doubled, from the sandbox's truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: The counts that must be 0.
INBOUND_BREACHES = (
    "lost_replies",
    "wrong_replies",
    "doubled_announcements",
    "lost_announcements",
    "lost_answers",
    "doubled_answers",
    "wrong_answers",
    "lost_opt_outs",
    "errors",
)


def count_replies(received: Sequence[Mapping[str, Any]], stored: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Compare the replies that OVH received with the rows of the results; each row has an id of its own.

    :param received: with ``id``, ``number`` and ``text``.
    :param stored: with ``inbound_id``, ``number`` and ``text``.
    """
    truth = {each["id"]: (each["number"], each["text"]) for each in received}
    rows = {each["inbound_id"]: (each["number"], each["text"]) for each in stored}
    return {
        "lost_replies": len(truth.keys() - rows.keys()),
        "wrong_replies": sum(row != truth.get(number) for number, row in rows.items()),
    }


def count_announced(received: int, events: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Compare the replies that OVH received with those that events have announced.

    :param events: of tasks that have ended in success, each task once.
    """
    announced = sum(int(each["replies"]) for each in events)
    return {"doubled_announcements": max(0, announced - received), "lost_announcements": max(0, received - announced)}


def count_answers(messages: Iterable[Mapping[str, Any]], text: str, wanted: Iterable[str]) -> dict[str, int]:
    """Compare the answers that people got with those that they should have.

    :param messages: all that OVH sent, with ``receiver`` and ``message``.
    :param wanted: numbers of those who get one answer.
    """
    got = Counter(each["receiver"] for each in messages if each["message"] == text)
    people = set(wanted)
    return {
        "lost_answers": sum(not got[each] for each in people),
        "doubled_answers": sum(number - 1 for number in got.values()),
        "wrong_answers": len(got.keys() - people),
    }


def count_opt_outs(stopped: Iterable[str], known: Iterable[str]) -> dict[str, int]:
    """Count the people who replied STOP and would be written to.

    :param known: numbers that no list holds any more.
    """
    return {"lost_opt_outs": len(set(stopped) - set(known))}
