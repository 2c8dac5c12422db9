"""A part of `make load`: some campaigns at once in a real Airflow, some hours of campaigns in simulated time."""

from __future__ import annotations

from load import day, real_run
from load.turn_record import Question, out_of_order
from ovh_sms.api.turn_queue import FAIR_SECONDS


def test_campaigns_that_start_at_once_all_end_and_nobody_gets_a_message_twice() -> None:
    found = real_run.run(4, minutes=3, speed=60)
    ends = {name: found[name] for name in ("reported", "failed", "lost", "twice", "refused_calls", "out_of_order")}
    assert ends == {"reported": 4, "failed": 0, "lost": 0, "twice": 0, "refused_calls": 0, "out_of_order": 0}
    assert found["sent"] == 4 * real_run.RECEIVERS
    assert found["calls"] > 60


def test_outages_and_restarts_lose_no_campaign() -> None:
    found = day.measure(30, hours=5)
    assert (found["unexpected"], found["lost"], found["twice"]) == ([], 0, 0)
    assert found["failed_with_reason"] == found["failed_by_plan"] == 2
    assert found["sent"] == found["reported"] * day.RECEIVERS
    for name in ("outages", "lost_answers", "triggerer_restarts", "scheduler_restarts", "tasks_run_twice"):
        assert found[name] > 1, name
    assert found["rss_growth_mb"] <= 40
    assert found["open_files_growth"] <= 10


WRITE, POLL = (1, 5.0), (4, 0.0)


def asked(
    name: str, order: tuple[int, float], *, turn: bool, waited: float = 1.0, **waiting: tuple[int, float]
) -> Question:
    return Question(name, order, waited, turn, waiting)


def test_a_turn_that_delays_a_call_of_a_higher_class_is_out_of_order() -> None:
    overtaken = [asked("p", POLL, turn=True, w=WRITE), asked("w", WRITE, turn=False), asked("w", WRITE, turn=True)]
    assert out_of_order(overtaken) == 1
    assert out_of_order([asked("p", POLL, turn=True, w=WRITE), asked("w", WRITE, turn=True)]) == 0


def test_the_turn_of_who_waited_for_long_and_that_of_a_newcomer_are_in_order() -> None:
    long = asked("p", POLL, turn=True, waited=FAIR_SECONDS + 1, w=WRITE)
    assert out_of_order([long, asked("w", WRITE, turn=False)]) == 0
    newcomer = asked("n", (0, 6.0), turn=True, w=WRITE)
    assert out_of_order([asked("p", POLL, turn=True, w=WRITE), newcomer, asked("w", WRITE, turn=False)]) == 0
