"""Faults of a list that gives each number two texts: two batches of one run have the same receivers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from faults.single import SEND, Strike, late, partial

_LOST, _GONE = {"kind": "lost_answer", **SEND}, {"kind": "reset_before", **SEND}
_ACCEPTED = {"kind": "hold_after", **SEND, "then": "go"}
Hit = tuple[tuple[Strike, ...], int]


def _wire(name: str, batch: int, about: dict[str, object]) -> Strike:
    return Strike(how="wire", task="send", name=f"send: {name}", batch=batch, about=about)


def _killed(name: str, batch: int) -> Strike:
    return Strike(how="held", task="send", name=f"send: {name}", batch=batch, about=_ACCEPTED)


def both() -> Iterator[Hit]:
    """Both batches are hit: messages that wait carry no tag, and are to the same people."""
    for delay in (0, 10):
        yield tuple(_wire("both answers lost", batch, _LOST) for batch in (0, 1)), delay
        yield tuple(_wire("both requests lost", batch, _GONE) for batch in (0, 1)), delay
        yield tuple(_killed("both killed, accepted", batch) for batch in (0, 1)), delay
        yield tuple(replace(late(0.5, "lost", "send: both listed late"), batch=batch) for batch in (0, 1)), delay
    for first in (0, 1):
        lost = _wire("request lost beside a lost answer", first, _GONE)
        yield (lost, _wire("answer lost beside a lost request", 1 - first, _LOST)), 10
        yield (_wire("answer lost beside a killed one", first, _LOST), _killed("killed beside it", 1 - first)), 10


def one() -> Iterator[Hit]:
    """One of the batches is hit."""
    for batch, delay in product((0, 1), (0, 10)):
        yield (_wire("answer lost", batch, _LOST),), delay
        yield (_wire("reset before", batch, _GONE),), delay
        yield (_killed("killed, accepted", batch),), delay
    for batch in (0, 1):
        yield (replace(partial(0.5), batch=batch),), 0
        twice = Strike(how="twice", task="send", name="send: run twice", batch=batch, about={"delay": 0.1})
        yield (twice,), 10


def around() -> Iterator[Hit]:
    """The run is cancelled, or its files are lost, while answers are."""
    lost = tuple(_wire("both answers lost", batch, _LOST) for batch in (0, 1))
    for seconds in (0.4, 1.0):
        cancel = Strike(how="cancel", task="send", name="send: run cancelled", on_try=0, about={"seconds": seconds})
        yield (cancel, *lost), 10
        yield (cancel, _killed("killed, accepted", 1)), 10
    for clear in ("all", "send"):
        yield (Strike(how="folder", task="send", name="send: files lost", on_try=0, about={"clear": clear}), *lost), 10


#: Strikes, and minutes for which the messages wait.
TWO_TEXTS = [*both(), *one(), *around()]
