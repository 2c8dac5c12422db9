"""A model of the protocol: the journal's rows, OVH's messages, two processes of one task, a person, time.

A step of a process is the code between two points at which it may be killed or another process may run: the begin of
a request to OVH, or of a transaction. Time goes by in whole quiet periods, between the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MOST_ATTEMPTS = 2
PENDING, SUCCEEDED, NOT_EXECUTED, UNKNOWN = "pending", "succeeded", "not_executed", "unknown"
#: A POST: not made, under way, executed and not listed yet, executed and listed.
NOTHING, UNDER_WAY, HIDDEN, LISTED = "nothing", "under_way", "hidden", "listed"
SENT, SEND, ALTHOUGH = "sent", "send", "although"


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The guards of the protocol; a test removes one."""

    claim: bool = True
    quiet_period: bool = True
    credit_witness: bool = True
    deadline: bool = True
    resolution_is_checked: bool = True
    cancellation: bool = True
    sent_is_final: bool = True


@dataclass(frozen=True, kw_only=True)
class World:
    """The events around the processes that an exploration has."""

    other_sends: bool = True
    person_cancels: bool = True
    processes: int = 2


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


class Model:
    """The steps of the protocol with some guards."""

    def __init__(self, guards: Guards | None = None, world: World | None = None) -> None:
        self.guards = guards or Guards()
        self.world = world or World()

    def steps(self, state: State) -> Iterator[tuple[Step, State]]:
        """The steps that are possible in a state, each with the state after it."""
        yield from self._around(state)
        for number, process in enumerate(state.processes):
            if process.at == "idle":
                if number >= self.world.processes:
                    continue
                if number == 0 or state.processes[0].at != "idle":  # two processes are alike
                    yield self._start(state, number)
                continue
            yield _end(state, number, Step(number, "kill", ends="Killed"))
            yield from getattr(self, f"_{process.at}")(state, number, process)

    def _around(self, state: State) -> Iterator[tuple[Step, State]]:
        """Time, OVH, a person."""
        if UNDER_WAY in state.made:
            yield Step("ovh", "executes"), state._replace(made=_all(state.made, UNDER_WAY, HIDDEN))
            yield Step("ovh", "drops"), state._replace(made=_all(state.made, UNDER_WAY, NOTHING))
        else:  # no request takes longer than a quiet period
            yield Step("time", "quiet_period"), _later(state)
        if HIDDEN in state.made:
            yield Step("ovh", "lists"), _clean(state._replace(made=_all(state.made, HIDDEN, LISTED)))
        if state.elsewhere == NOTHING and self.world.other_sends:
            yield Step("other", "sends"), state._replace(elsewhere=HIDDEN)
        elif state.elsewhere == HIDDEN:
            yield Step("ovh", "lists_other"), _clean(state._replace(elsewhere=LISTED))
        if not state.is_cancelled and self.world.person_cancels:
            yield Step("person", "cancels"), state._replace(is_cancelled=True)
        for at, row in enumerate(state.rows):
            if row.state == UNKNOWN and row.resolution is None:
                for way in self._ways(state, row):
                    yield Step("person", "resolves", way), _with_row(state, at + 1, row._replace(resolution=way))

    def _ways(self, state: State, row: Row) -> Iterator[str]:
        """A person may err with ``sent`` and ``send``, not if they insist on ``send`` against the credits."""
        yield SENT
        if not (row.asked_with_credits_missing and self.guards.resolution_is_checked):
            yield SEND
        elif not _executed(state) and UNDER_WAY not in state.made:
            yield ALTHOUGH

    def _start(self, state: State, number: int) -> tuple[Step, State]:
        """Read the journal."""
        step = Step(number, "start")
        live = _live(state)
        if live == 0:
            return self._before_precheck(state, number, step)
        return self._go_on(state, number, step, live)

    def _before_precheck(self, state: State, number: int, step: Step) -> tuple[Step, State]:
        if self._is_cancelled(state):
            return _end(state, number, step._replace(ends="RunCancelled"))
        return step, _go(state, number, Process("precheck"))

    def _go_on(self, state: State, number: int, step: Step, live: int) -> tuple[Step, State]:
        row = state.rows[live - 1]
        if row.state == SUCCEEDED:
            return _end(state, number, step._replace(ends="answer"))
        mode = "reconcile" if row.state == PENDING else row.resolution or "asked"
        process = Process("observe", live, observed=row.observed, mode=mode)
        return step, _go(state, number, process)

    def _precheck(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step = Step(number, "precheck")
        if LISTED in state.made:
            ends = "OutcomeUnknown" if _live(state) else "ResolutionRequired"
            yield _end(state, number, step._replace(ends=ends))
        else:
            yield step, _go(state, number, Process("snapshot"))

    def _snapshot(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        gone = frozenset(_hidden(state))
        yield Step(number, "snapshot"), _go(state, number, Process("claim", snapshot=gone))

    def _claim(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step = Step(number, "claim")
        earlier_are_over = all(row.state == NOT_EXECUTED for row in state.rows)
        if self.guards.claim and not earlier_are_over:
            # A row may also be another process's: then its number is taken, and nothing is claimed either.
            yield self._go_on(state, number, step, _live(state))
        elif self._is_cancelled(state):
            yield _end(state, number, step._replace(ends="RunCancelled"))
        elif len(state.rows) < MOST_ATTEMPTS:
            attempt = len(state.rows) + 1
            claimed = state._replace(rows=(*state.rows, Row(PENDING, process.snapshot)))
            at = "post" if process.is_in_time or not self.guards.deadline else "close"
            mode = "" if at == "post" else "DeadlineMissed"
            yield step, _go(claimed, number, Process(at, attempt, is_in_time=process.is_in_time, mode=mode))

    def _post(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step, attempt = Step(number, "post"), process.attempt
        if self.guards.deadline and not process.is_in_time:
            yield step, _go(state, number, Process("close", attempt, mode="DeadlineMissed"))
            return
        lost = Process("observe", attempt, mode="reconcile")
        for choice, made in (("lost", HIDDEN), ("not_executed", NOTHING), ("under_way", UNDER_WAY)):
            yield step._replace(choice=choice), _go(_with_made(state, attempt, made), number, lost)
        answered = Process("succeed", attempt)
        yield step._replace(choice="ok"), _go(_with_made(state, attempt, HIDDEN), number, answered)
        refused = Process("close", attempt, mode="RequestRefused")
        yield step._replace(choice="refused"), _go(state, number, refused)

    def _succeed(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        row = state.rows[process.attempt - 1]
        succeeded = Row(SUCCEEDED, frozenset(), resolution=SENT if process.mode == SENT else row.resolution)
        yield _end(_with_row(state, process.attempt, succeeded), number, Step(number, "succeed", ends="answer"))

    def _close(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        """Mark an attempt as not executed; ``mode`` is the error that ends the process, or the attempt is made anew."""
        step, row = Step(number, "close"), state.rows[process.attempt - 1]
        if row.state in (PENDING, UNKNOWN) and (row.resolution != SENT or not self.guards.sent_is_final):
            closed = Row(NOT_EXECUTED, row.snapshot, resolution=row.resolution)
            state = _with_row(state, process.attempt, closed)
        if process.mode == "again":
            yield self._before_precheck(state, number, step)
        else:
            yield _end(state, number, step._replace(ends=process.mode))

    def _ask(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        row = state.rows[process.attempt - 1]
        if row.state in (PENDING, UNKNOWN):
            asked = row._replace(
                state=UNKNOWN, asked_with_credits_missing=process.mode == "credits_missing", resolution=None
            )
            state = _with_row(state, process.attempt, asked)
        yield _end(state, number, Step(number, "ask", ends="ResolutionRequired"))

    def _observe(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step, attempt = Step(number, "observe"), process.attempt
        found = LISTED in state.made
        succeed = Process("succeed", attempt)
        if process.mode == "asked":
            after = _go(state, number, succeed) if found else None
            yield (step, after) if after else _end(state, number, step._replace(ends="ResolutionRequired"))
            return
        missing = not found and bool(set(_hidden(state)) - state.rows[attempt - 1].snapshot) and self.guards.credit_witness
        observed = _observed(process.observed, found)
        row = state.rows[attempt - 1]
        if row.state in (PENDING, UNKNOWN):  # nobody reads it of another one
            state = _with_row(state, attempt, row._replace(observed=observed))
        verdict = self._verdict(observed, missing)
        if verdict == "wait":
            yield _end(state, number, step._replace(ends="ReconcileWait"))
        elif process.mode == "reconcile":
            yield self._decide(state, number, step, verdict, missing)
        elif verdict == "found" or process.mode == SENT:
            mode = SENT if verdict != "found" else ""
            yield step, _go(state, number, succeed._replace(mode=mode))
        elif found or (missing and process.mode == SEND and self.guards.resolution_is_checked):
            yield step, _go(state, number, _asking(attempt, missing))
        else:
            yield step, _go(state, number, Process("close", attempt, mode="again"))

    def _decide(self, state: State, number: int, step: Step, verdict: str, missing: bool) -> tuple[Step, State]:
        attempt = state.processes[number].attempt
        live = _live(state)
        if live and state.rows[live - 1].state == SUCCEEDED:
            return _end(state, number, step._replace(ends="answer"))
        if verdict == "found":
            return step, _go(state, number, Process("succeed", attempt))
        if self._is_cancelled(state):
            return _end(state, number, step._replace(ends="RunCancelled"))
        if verdict == "absent":
            return step, _go(state, number, Process("close", attempt, mode="again"))
        return step, _go(state, number, _asking(attempt, missing))

    def _verdict(self, observed: Observed, missing: bool) -> str:
        undecided = "ambiguous" if observed.since_first >= 2 else "wait"
        if not observed.agree_since and self.guards.quiet_period:
            return undecided
        if observed.found:
            return "found"
        return undecided if missing else "absent"

    def _is_cancelled(self, state: State) -> bool:
        return state.is_cancelled and self.guards.cancellation


def breaks(state: State, step: Step, after: State) -> str | None:
    """The promise that a step breaks."""
    if len(_executed(after)) > 1:
        return "at most once"
    person_said_sent = any(row.resolution == SENT for row in after.rows)
    if step.ends == "answer" and not _executed(after) and not person_said_sent:
        return "no success without a message"
    if step.name == "claim" and len(after.rows) > len(state.rows) and state.is_cancelled:
        return "a cancelled run claims nothing"
    if step.name == "claim" and len(after.rows) > len(state.rows) and any(row.resolution == SENT for row in state.rows):
        return "a person's sent is never sent again"
    return None


def is_over(state: State) -> bool:
    """Whether the write succeeded, or a person is asked, or wanted no message."""
    asked = any(row.state == SUCCEEDED or (row.state == UNKNOWN and row.resolution is None) for row in state.rows)
    is_at_bound = len(state.rows) == MOST_ATTEMPTS and not _live(state)
    return asked or state.is_cancelled or is_at_bound


def helps(step: Step) -> bool:
    """Whether a step is one of a world without faults: the processes go on, OVH lists, time goes by."""
    if isinstance(step.by, int):
        return step.name != "kill" and step.choice in ("", "ok")
    return step.by in ("time", "ovh")


def exchange_processes(state: State) -> State:
    """The state that stands for both orders of its two processes."""
    first, second = state.processes
    if second.at == "idle" or first is second:
        return state
    return state._replace(processes=(second, first)) if first.at == "idle" or _key(second) < _key(first) else state


def _key(process: Process) -> tuple[object, ...]:
    return process.at, process.attempt, process.mode, process.is_in_time, process.observed or (), sorted(process.snapshot)


def _observed(earlier: Observed | None, found: bool) -> Observed:
    if earlier is None:
        return Observed(0, 0, 0, found)
    return earlier._replace(since_last=0, agree_since=earlier.agree_since if earlier.found == found else 0, found=found)


def _older(observed: Observed | None) -> Observed | None:
    """After a pause of two quiet periods, earlier observations prove nothing."""
    if observed is None or observed.since_last:
        return None
    return Observed(min(observed.since_first + 1, 2), 1, 1, observed.found)


def _later(state: State) -> State:
    rows = tuple(row._replace(observed=_older(row.observed)) for row in state.rows)
    processes = tuple(
        process._replace(observed=_older(process.observed), is_in_time=process.at not in ("claim", "post"))
        for process in state.processes
    )
    return state._replace(rows=rows, processes=processes)


def _live(state: State) -> int:
    """The number of the attempt that is at OVH, or may be; 0 if certainly none is."""
    return next((at + 1 for at, row in enumerate(state.rows) if row.state != NOT_EXECUTED), 0)


def _executed(state: State) -> list[int]:
    return [at + 1 for at, made in enumerate(state.made) if made in (HIDDEN, LISTED)]


def _hidden(state: State) -> Iterator[int]:
    """Attempts whose credits are gone and whose messages are not listed."""
    yield from (at + 1 for at, made in enumerate(state.made) if made == HIDDEN)
    if state.elsewhere == HIDDEN:
        yield ELSEWHERE


def _clean(state: State) -> State:
    """Forget in the snapshots the messages that are listed now: they explain their credits."""
    hidden = frozenset(_hidden(state))
    rows = tuple(row._replace(snapshot=row.snapshot & hidden) for row in state.rows)
    processes = tuple(process._replace(snapshot=process.snapshot & hidden) for process in state.processes)
    return state._replace(rows=rows, processes=processes)


def _asking(attempt: int, missing: bool) -> Process:
    return Process("ask", attempt, mode="credits_missing" if missing else "")


def _all(made: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if each == old else each for each in made)


def _go(state: State, number: int, process: Process) -> State:
    processes = tuple(process if at == number else each for at, each in enumerate(state.processes))
    return state._replace(processes=processes)


def _end(state: State, number: int, step: Step) -> tuple[Step, State]:
    return step, _go(state, number, IDLE)


def _with_row(state: State, attempt: int, row: Row) -> State:
    return state._replace(rows=(*state.rows[: attempt - 1], row, *state.rows[attempt:]))


def _with_made(state: State, attempt: int, made: str) -> State:
    return state._replace(made=(*state.made[: attempt - 1], made, *state.made[attempt:]))
