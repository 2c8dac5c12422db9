"""A model of the protocol: the journal's rows, OVH's messages, two processes of one task, a person, time.

A step of a process is the code between two points at which it may be killed or another process may run: the begin of
a request to OVH, or of a transaction. Time goes by in whole quiet periods, between the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.states import (
    ALTHOUGH,
    HIDDEN,
    LISTED,
    MOST_ATTEMPTS,
    NOT_EXECUTED,
    NOTHING,
    PENDING,
    REFUSED,
    SEND,
    SENT,
    SUCCEEDED,
    UNDER_WAY,
    UNKNOWN,
    Observed,
    Process,
    Row,
    State,
    Step,
    after_quiet_period,
    asking,
    end_process,
    executed_attempts,
    go_to,
    hidden_attempts,
    live_attempt,
    observed_again,
    replaced,
    with_made,
    with_row,
    without_listed,
)


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
            yield end_process(state, number, Step(number, "kill", ends="Killed"))
            yield from getattr(self, f"_{process.at}")(state, number, process)

    def _around(self, state: State) -> Iterator[tuple[Step, State]]:
        """Time, OVH, a person."""
        if UNDER_WAY in state.made:
            yield Step("ovh", "executes"), state._replace(made=replaced(state.made, UNDER_WAY, HIDDEN))
            yield Step("ovh", "drops"), state._replace(made=replaced(state.made, UNDER_WAY, NOTHING))
        else:  # no request takes longer than a quiet period
            yield Step("time", "quiet_period"), after_quiet_period(state)
        if HIDDEN in state.made:
            yield Step("ovh", "lists"), without_listed(state._replace(made=replaced(state.made, HIDDEN, LISTED)))
        if state.elsewhere == NOTHING and self.world.other_sends:
            yield Step("other", "sends"), state._replace(elsewhere=HIDDEN)
        elif state.elsewhere == HIDDEN:
            yield Step("ovh", "lists_other"), without_listed(state._replace(elsewhere=LISTED))
        if not state.is_cancelled and self.world.person_cancels:
            yield Step("person", "cancels"), state._replace(is_cancelled=True)
        for at, row in enumerate(state.rows):
            if row.state == UNKNOWN and row.resolution is None:
                for way in self._ways(state, row):
                    yield Step("person", "resolves", way), with_row(state, at + 1, row._replace(resolution=way))

    def _ways(self, state: State, row: Row) -> Iterator[str]:
        """A person may err with ``sent`` and ``send``, not if they insist on ``send`` against the credits."""
        yield SENT
        if not (row.asked_with_credits_missing and self.guards.resolution_is_checked):
            yield SEND
        elif not executed_attempts(state) and UNDER_WAY not in state.made:
            yield ALTHOUGH

    def _start(self, state: State, number: int) -> tuple[Step, State]:
        """Read the journal."""
        step = Step(number, "start")
        live = live_attempt(state)
        if live == 0:
            return self._before_precheck(state, number, step)
        return self._go_on(state, number, step, live)

    def _before_precheck(self, state: State, number: int, step: Step) -> tuple[Step, State]:
        if self._is_cancelled(state):
            return end_process(state, number, step._replace(ends="RunCancelled"))
        return step, go_to(state, number, Process("precheck"))

    def _go_on(self, state: State, number: int, step: Step, live: int) -> tuple[Step, State]:
        row = state.rows[live - 1]
        if row.state == SUCCEEDED:
            return end_process(state, number, step._replace(ends="answer"))
        mode = "reconcile" if row.state in (PENDING, REFUSED) else row.resolution or "asked"
        process = Process("observe", live, observed=row.observed, mode=mode)
        return step, go_to(state, number, process)

    def _precheck(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step = Step(number, "precheck")
        if LISTED in state.made:
            ends = "OutcomeUnknown" if live_attempt(state) else "ResolutionRequired"
            yield end_process(state, number, step._replace(ends=ends))
        else:
            yield step, go_to(state, number, Process("snapshot"))

    def _snapshot(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        gone = frozenset(hidden_attempts(state))
        yield Step(number, "snapshot"), go_to(state, number, Process("claim", snapshot=gone))

    def _claim(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step = Step(number, "claim")
        earlier_are_over = all(row.state == NOT_EXECUTED for row in state.rows)
        if self.guards.claim and not earlier_are_over:
            # A row may also be another process's: then its number is taken, and nothing is claimed either.
            yield self._go_on(state, number, step, live_attempt(state))
        elif self._is_cancelled(state):
            yield end_process(state, number, step._replace(ends="RunCancelled"))
        elif len(state.rows) < MOST_ATTEMPTS:
            attempt = len(state.rows) + 1
            claimed = state._replace(rows=(*state.rows, Row(PENDING, process.snapshot)))
            at = "post" if process.is_in_time or not self.guards.deadline else "close"
            mode = "" if at == "post" else "DeadlineMissed"
            yield step, go_to(claimed, number, Process(at, attempt, is_in_time=process.is_in_time, mode=mode))

    def _post(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step, attempt = Step(number, "post"), process.attempt
        if self.guards.deadline and not process.is_in_time:
            yield step, go_to(state, number, Process("close", attempt, mode="DeadlineMissed"))
            return
        lost = Process("observe", attempt, mode="reconcile")
        for choice, made in (("lost", HIDDEN), ("not_executed", NOTHING), ("under_way", UNDER_WAY)):
            yield step._replace(choice=choice), go_to(with_made(state, attempt, made), number, lost)
        answered = Process("succeed", attempt)
        yield step._replace(choice="ok"), go_to(with_made(state, attempt, HIDDEN), number, answered)
        refused = Process("refuse", attempt)
        for choice, made in (("refused", NOTHING), ("repeated", HIDDEN)):
            yield step._replace(choice=choice), go_to(with_made(state, attempt, made), number, refused)

    def _refuse(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        """OVH refused the request: a proxy may have repeated one that was executed."""
        row = state.rows[process.attempt - 1]
        if row.state == PENDING:
            state = with_row(state, process.attempt, row._replace(state=REFUSED))
        yield end_process(state, number, Step(number, "refuse", ends="RequestRefused"))

    def _succeed(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        row = state.rows[process.attempt - 1]
        succeeded = Row(SUCCEEDED, frozenset(), resolution=SENT if process.mode == SENT else row.resolution)
        yield end_process(with_row(state, process.attempt, succeeded), number, Step(number, "succeed", ends="answer"))

    def _close(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        """Mark an attempt as not executed; ``mode`` is the error that ends the process, or the attempt is made anew."""
        step, row = Step(number, "close"), state.rows[process.attempt - 1]
        if row.state in (PENDING, REFUSED, UNKNOWN) and (row.resolution != SENT or not self.guards.sent_is_final):
            closed = Row(NOT_EXECUTED, row.snapshot, resolution=row.resolution)
            state = with_row(state, process.attempt, closed)
        if process.mode == "again":
            yield self._before_precheck(state, number, step)
        else:
            yield end_process(state, number, step._replace(ends=process.mode))

    def _ask(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        row = state.rows[process.attempt - 1]
        if row.state in (PENDING, REFUSED, UNKNOWN):
            asked = row._replace(
                state=UNKNOWN, asked_with_credits_missing=process.mode == "credits_missing", resolution=None
            )
            state = with_row(state, process.attempt, asked)
        yield end_process(state, number, Step(number, "ask", ends="ResolutionRequired"))

    def _observe(self, state: State, number: int, process: Process) -> Iterator[tuple[Step, State]]:
        step, attempt = Step(number, "observe"), process.attempt
        found = LISTED in state.made
        succeed = Process("succeed", attempt)
        if process.mode == "asked":
            after = go_to(state, number, succeed) if found else None
            yield (step, after) if after else end_process(state, number, step._replace(ends="ResolutionRequired"))
            return
        unexplained = set(hidden_attempts(state)) - state.rows[attempt - 1].snapshot
        missing = not found and bool(unexplained) and self.guards.credit_witness
        observed = observed_again(process.observed, found)
        row = state.rows[attempt - 1]
        if row.state in (PENDING, REFUSED, UNKNOWN):  # nobody reads it of another one
            state = with_row(state, attempt, row._replace(observed=observed))
        verdict = self._verdict(observed, missing)
        if verdict == "wait":
            yield end_process(state, number, step._replace(ends="ReconcileWait"))
        elif process.mode == "reconcile":
            yield self._decide(state, number, step, verdict, missing)
        elif verdict == "found" or process.mode == SENT:
            mode = SENT if verdict != "found" else ""
            yield step, go_to(state, number, succeed._replace(mode=mode))
        elif found or (missing and process.mode == SEND and self.guards.resolution_is_checked):
            yield step, go_to(state, number, asking(attempt, missing))
        else:
            yield step, go_to(state, number, Process("close", attempt, mode="again"))

    def _decide(self, state: State, number: int, step: Step, verdict: str, missing: bool) -> tuple[Step, State]:
        attempt = state.processes[number].attempt
        live = live_attempt(state)
        if live and state.rows[live - 1].state == SUCCEEDED:
            return end_process(state, number, step._replace(ends="answer"))
        if verdict == "found":
            return step, go_to(state, number, Process("succeed", attempt))
        if verdict == "absent":
            return step, go_to(state, number, Process("close", attempt, mode="again"))
        if self._is_cancelled(state):
            return end_process(state, number, step._replace(ends="RunCancelled"))
        return step, go_to(state, number, asking(attempt, missing))

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
    if len(executed_attempts(after)) > 1:
        return "at most once"
    person_said_sent = any(row.resolution == SENT for row in after.rows)
    if step.ends == "answer" and not executed_attempts(after) and not person_said_sent:
        return "no success without a message"
    if step.name == "claim" and len(after.rows) > len(state.rows) and state.is_cancelled:
        return "a cancelled run claims nothing"
    if step.name == "claim" and len(after.rows) > len(state.rows) and any(row.resolution == SENT for row in state.rows):
        return "a person's sent is never sent again"
    return None


def is_over(state: State) -> bool:
    """Whether the write succeeded, or a person is asked, or wanted no message."""
    asked = any(row.state == SUCCEEDED or (row.state == UNKNOWN and row.resolution is None) for row in state.rows)
    is_at_bound = len(state.rows) == MOST_ATTEMPTS and not live_attempt(state)
    return asked or state.is_cancelled or is_at_bound


def helps(step: Step) -> bool:
    """Whether a step is one of a world without faults: the processes go on, OVH lists, time goes by."""
    if isinstance(step.by, int):
        return step.name != "kill" and step.choice in ("", "ok")
    return step.by in ("time", "ovh")
