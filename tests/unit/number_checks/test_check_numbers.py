"""Numbers are checked and paid once, also if a request is lost; their answers decide who gets a campaign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import BudgetExceeded, InsufficientCredits, OutcomeUnknown, RequestRefused, SubmissionInFlight
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.number_checks import check as module
from support.number_checks import POST, check, checks, people, prepared
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.usefixtures("leaping")
ENDS = ("reachable", "unreachable", "invalid", "error")


@pytest.fixture
def ends(sandbox: SandboxProcess) -> Iterator[list[str]]:
    """Eight numbers, two for each end of a check."""
    numbers = people(8)
    sandbox.features(checks={each: ENDS[at % 4] for at, each in enumerate(numbers)}, check_seconds=10.0)
    yield numbers
    sandbox.features(checks={})


def test_each_number_is_checked_once_and_counted_by_its_end(
    sandbox: SandboxProcess, ends: list[str], tmp_path: Path
) -> None:
    given = prepared(tmp_path, ends)
    counts = {"reachable": 2, "unreachable": 2, "invalid": 2, "no_answer": 2, "unanswered": 0, "not_asked": 0}
    assert check(given) == {"numbers": 8, "asked": 8, **counts, "credits": 0.8}
    assert check(given, run_id="run_2") == {"numbers": 8, "asked": 0, **counts, "credits": 0.0}
    assert checks(sandbox) == {"made": 8, "numbers": 8, "twice": 0, "credits": 0.8}


def test_numbers_that_cannot_be_reached_are_rejected_and_others_stay(
    sandbox: SandboxProcess, ends: list[str], tmp_path: Path
) -> None:
    check(prepared(tmp_path, ends))
    again = prepared(tmp_path, [*ends, *people(1, first=50)], run_id="run_2", checked_within=timedelta(days=30))
    assert (again["accepted"], again["rejected"]) == (5, {"unreachable": 4})
    rejects = Path(again["rejects_path"]).read_text(encoding="utf-8")
    assert rejects.count("unreachable") == 4
    unchecked = prepared(tmp_path, ends, run_id="run_3")
    assert unchecked["accepted"] == 8


def test_long_lists_are_asked_in_several_requests(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_IN_ONE", 3)
    given = prepared(tmp_path, people(8))
    sandbox.reset_calls()
    assert check(given)["asked"] == 8
    assert sandbox.calls("POST /sms/{serviceName}/hlr") == 3
    assert checks(sandbox)["twice"] == 0


@pytest.mark.parametrize("kind", ["lost_answer", "half_body", "reset_before"])
def test_a_lost_answer_is_found_among_the_checks_of_ovh(sandbox: SandboxProcess, tmp_path: Path, kind: str) -> None:
    given = prepared(tmp_path, people(5))
    sandbox.fault(kind, **POST)
    with pytest.raises(OutcomeUnknown):
        check(given)
    assert check(given)["credits"] == 0.5
    assert checks(sandbox) == {"made": 5, "numbers": 5, "twice": 0, "credits": 0.5}


def test_checks_that_ovh_lists_late_are_not_paid_again(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepared(tmp_path, people(5))
    sandbox.fault("late_listing", seconds=60, answer="lost", **POST)
    with pytest.raises(OutcomeUnknown):
        check(given)
    assert check(given)["credits"] == 0.5
    assert checks(sandbox) == {"made": 5, "numbers": 5, "twice": 0, "credits": 0.5}


def test_checks_that_are_never_listed_are_asked_about_and_not_paid_again(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    given = prepared(tmp_path, people(5))
    sandbox.fault("late_listing", seconds=1e6, answer="lost", **POST)
    with pytest.raises(OutcomeUnknown):
        check(given)
    with pytest.raises(Exception, match="It is not known whether everything was checked") as asked:
        check(given)
    assert "credits are missing as if it had executed it" in str(asked.value)
    (attempt,) = ResultsHook().store.number_checks.attempts(
        sandbox.account_name, ResultsHook().store.clock.now() - timedelta(days=1)
    )
    from ovh_sms.store.models import Resolution

    made = Resolution(way="sent", by="a person", at="2026-03-03T10:00:00+00:00")
    ResultsHook().store.attempts.resolve(attempt.tag, (attempt.question or {})["code"], made)
    found = check(given)
    assert (found["unanswered"], found["asked"], found["credits"]) == (5, 5, 0.5)
    assert checks(sandbox)["twice"] == 0


def test_a_part_that_ovh_has_taken_is_not_paid_again(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepared(tmp_path, people(6))
    sandbox.fault("partial", count=3, **POST)
    with pytest.raises(OutcomeUnknown):
        check(given)
    found = check(given)
    assert (found["unanswered"], found["credits"]) == (3, 0.3)
    assert checks(sandbox) == {"made": 3, "numbers": 3, "twice": 0, "credits": 0.3}


@pytest.mark.parametrize("step", ["claim", "succeed", "record"])
def test_a_process_that_is_killed_pays_nothing_twice(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from ovh_sms.store.attempts import Attempts
    from ovh_sms.store.number_checks import NumberChecks

    monkeypatch.setattr(module, "MOST_IN_ONE", 3)
    given, owner = prepared(tmp_path, people(8)), NumberChecks if step == "record" else Attempts
    real, kills = getattr(owner, step), 0
    for turn in range(3):
        calls = count()

        def killed(*args: Any, **more: Any) -> Any:
            done = real(*args, **more) if step == "claim" else None
            if next(calls) == turn:  # noqa: B023 - called within its turn
                raise KeyboardInterrupt
            return done if step == "claim" else real(*args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(owner, step, killed)
            try:
                check(given)
            except KeyboardInterrupt:
                kills += 1
    assert kills >= 2
    assert check(given)["credits"] == 0.8
    assert checks(sandbox) == {"made": 8, "numbers": 8, "twice": 0, "credits": 0.8}


def test_credits_that_others_spend_meanwhile_are_not_those_of_checks(sandbox: SandboxProcess, tmp_path: Path) -> None:
    from ovh_sms.hooks.sms import OvhSmsHook
    from unit.sending.other_programs import PEOPLE, submit

    given = prepared(tmp_path, people(5))
    sandbox.fault("reset_before", **POST)
    with pytest.raises(OutcomeUnknown):
        check(given)
    submit(OvhSmsHook().client, PEOPLE[:2])
    assert check(given)["credits"] == 0.5
    assert checks(sandbox)["made"] == 5


def test_checks_between_a_batch_and_its_lost_answer_explain_their_credits(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    from support.tries import SUBMIT_CALL, once, send

    given = prepared(tmp_path, people(5))
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    check(given)
    assert send()["submitted"] == 5, "no person is asked"
    assert once(sandbox) == 5


def test_a_list_that_costs_too_much_is_not_checked(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepared(tmp_path, people(5))
    with pytest.raises(BudgetExceeded, match=r"5 numbers cost 0.5 credits; 0.4 are allowed"):
        check(given, budget=0.4)
    approved = {"approved": True, "numbers": 3, "credits": 0.3}
    with pytest.raises(BudgetExceeded, match=r"0.3 are allowed"):
        check(given, budget=10, approved=approved)
    sandbox.account(creditsLeft=0.4)
    with pytest.raises(InsufficientCredits, match=r"holds 0.4 credits: too few for 5 checks"):
        check(given)
    assert checks(sandbox)["made"] == 0


def test_no_more_is_checked_if_the_price_is_higher_than_shown(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_IN_ONE", 2)
    given = prepared(tmp_path, people(6))
    for _ in range(2):
        with pytest.raises(BudgetExceeded, match=r"OVH took 0.2 credits for 2 checks; 0.1 were shown"):
            check(given, credits_per_number=0.05)
    assert checks(sandbox)["made"] == 2
    assert check(given)["asked"] == 6


def test_two_runs_that_check_at_once_ask_about_nobody_twice(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.api.number_checks import NumberChecksClient

    first, second = prepared(tmp_path / "1", people(5)), prepared(tmp_path / "2", people(8), run_id="run_2")
    real = NumberChecksClient.create

    def beside(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(NumberChecksClient, "create", real)
        with pytest.raises(SubmissionInFlight):
            check(second, run_id="run_2")
        return real(*args, **more)

    monkeypatch.setattr(NumberChecksClient, "create", beside)
    assert check(first)["asked"] == 5
    assert check(second, run_id="run_2")["asked"] == 3
    assert checks(sandbox) == {"made": 8, "numbers": 8, "twice": 0, "credits": 0.8}


def test_a_plan_that_is_outdated_at_its_claim_is_made_anew(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.number_checks.check import NumberCheckRun

    first, second = prepared(tmp_path / "1", people(5)), prepared(tmp_path / "2", people(8), run_id="run_2")
    real = NumberCheckRun._ask

    def beside(self: NumberCheckRun, *args: Any) -> None:
        monkeypatch.setattr(NumberCheckRun, "_ask", real)
        check(first)
        real(self, *args)

    monkeypatch.setattr(NumberCheckRun, "_ask", beside)
    assert check(second, run_id="run_2")["asked"] == 3
    assert checks(sandbox)["twice"] == 0


def test_what_ovh_refuses_is_an_error_and_is_asked_again(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepared(tmp_path, people(2))
    sandbox.fault("status", status=400, **POST)
    with pytest.raises(RequestRefused):
        check(given)
    assert check(given)["asked"] == 2
    assert checks(sandbox)["made"] == 2


def test_old_answers_are_asked_again(sandbox: SandboxProcess, tmp_path: Path, leaping: Any) -> None:
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.number_checks.plan import plan_checks

    given = prepared(tmp_path, people(2))
    check(given)
    store, listed = ResultsHook().store, PreparedList.from_xcom(given)
    assert plan_checks(listed, store, timedelta(days=1)).to_ask == []
    assert len(plan_checks(listed, store, timedelta(0)).to_ask) == 2


def test_no_number_is_in_the_results(sandbox: SandboxProcess, tmp_path: Path) -> None:
    from sqlalchemy import text

    given = prepared(tmp_path, people(3))
    found = check(given)
    store = ResultsHook().store
    with store.database.reading() as connection:
        rows = [
            str(row)
            for name in ("attempts", "number_checks")
            for row in connection.execute(text(f"SELECT * FROM ovh_sms_{name}"))
        ]
    assert rows
    assert not any(number[1:] in row for number in people(3) for row in [*rows, str(found)])
