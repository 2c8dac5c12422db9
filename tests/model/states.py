"""The states of the model of the protocol, and the changes that its steps are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MOST_ATTEMPTS = 2
PENDING, SUCCEEDED, NOT_EXECUTED, UNKNOWN = "pending", "succeeded", "not_executed", "unknown"
REFUSED = "refused"
#: A POST: not made, under way, executed and not listed yet, executed and listed.
NOTHING, UNDER_WAY, HIDDEN, LISTED = "nothing", "under_way", "hidden", "listed"
SENT, SEND, ALTHOUGH = "sent", "send", "although"


class Observed(NamedTuple):
    """The observations of an attempt that count, in quiet periods since the first, and since they agree."""

    since_first: int
    since_last: int
    agree_since: int
    found: bool


class Row(NamedTuple):
    """One attempt in the journal. ``snapshot`` names the executed attempts whose credits were gone before it."""

    state: str
    snapshot: frozenset[int]
    observed: Observed | None = None
    asked_with_credits_missing: bool | None = None
    resolution: str | None = None


class Process(NamedTuple):
    """A process before its next step, with the values that it read in earlier ones."""

    at: str = "idle"
    attempt: int = 0
    snapshot: frozenset[int] = frozenset()
    is_in_time: bool = True
    observed: Observed | None = None
    mode: str = ""


class State(NamedTuple):
    """``credits_elsewhere``: a message of another program: not made, not listed yet, or listed."""

    rows: tuple[Row, ...] = ()
    made: tuple[str, ...] = (NOTHING,) * MOST_ATTEMPTS
    elsewhere: str = NOTHING
    is_cancelled: bool = False
    processes: tuple[Process, ...] = (Process(), Process())


class Step(NamedTuple):
    """One step: whose, which, how OVH answered, and the end of the process if it ended."""

    by: int | str
    name: str
    choice: str = ""
    ends: str = ""


IDLE = Process()
FIRST = State()
#: Another program's message, among the executed attempts.
ELSEWHERE = 0


def exchange_processes(state: State) -> State:
    """The state that stands for both orders of its two processes."""
    first, second = state.processes
    if second.at == "idle" or first is second:
        return state
    return state._replace(processes=(second, first)) if first.at == "idle" or _key(second) < _key(first) else state


def _key(process: Process) -> tuple[object, ...]:
    return (
        process.at,
        process.attempt,
        process.mode,
        process.is_in_time,
        process.observed or (),
        sorted(process.snapshot),
    )


def observed_again(earlier: Observed | None, found: bool) -> Observed:
    if earlier is None:
        return Observed(0, 0, 0, found)
    return earlier._replace(since_last=0, agree_since=earlier.agree_since if earlier.found == found else 0, found=found)


def _older(observed: Observed | None) -> Observed | None:
    """After a pause of two quiet periods, earlier observations prove nothing."""
    if observed is None or observed.since_last:
        return None
    return Observed(min(observed.since_first + 1, 2), 1, 1, observed.found)


def after_quiet_period(state: State) -> State:
    rows = tuple(row._replace(observed=_older(row.observed)) for row in state.rows)
    processes = tuple(
        process._replace(observed=_older(process.observed), is_in_time=process.at not in ("claim", "post"))
        for process in state.processes
    )
    return state._replace(rows=rows, processes=processes)


def live_attempt(state: State) -> int:
    """The number of the attempt that is at OVH, or may be; 0 if certainly none is."""
    return next((at + 1 for at, row in enumerate(state.rows) if row.state != NOT_EXECUTED), 0)


def executed_attempts(state: State) -> list[int]:
    return [at + 1 for at, made in enumerate(state.made) if made in (HIDDEN, LISTED)]


def hidden_attempts(state: State) -> Iterator[int]:
    """Attempts whose credits are gone and whose messages are not listed."""
    yield from (at + 1 for at, made in enumerate(state.made) if made == HIDDEN)
    if state.elsewhere == HIDDEN:
        yield ELSEWHERE


def without_listed(state: State) -> State:
    """Forget in the snapshots the messages that are listed now: they explain their credits."""
    hidden = frozenset(hidden_attempts(state))
    rows = tuple(row._replace(snapshot=row.snapshot & hidden) for row in state.rows)
    processes = tuple(process._replace(snapshot=process.snapshot & hidden) for process in state.processes)
    return state._replace(rows=rows, processes=processes)


def asking(attempt: int, missing: bool) -> Process:
    return Process("ask", attempt, mode="credits_missing" if missing else "")


def replaced(made: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if each == old else each for each in made)


def go_to(state: State, number: int, process: Process) -> State:
    processes = tuple(process if at == number else each for at, each in enumerate(state.processes))
    return state._replace(processes=processes)


def end_process(state: State, number: int, step: Step) -> tuple[Step, State]:
    return step, go_to(state, number, IDLE)


def with_row(state: State, attempt: int, row: Row) -> State:
    return state._replace(rows=(*state.rows[: attempt - 1], row, *state.rows[attempt:]))


def with_made(state: State, attempt: int, made: str) -> State:
    return state._replace(made=(*state.made[: attempt - 1], made, *state.made[attempt:]))
