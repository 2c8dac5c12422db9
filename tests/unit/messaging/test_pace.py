"""A list spread over time: never more messages in an hour than the pace allows, and only within the hours."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.pace import Departure, MessagePace, PacedBatch, Spread
from ovh_sms.messaging.receiver_zones import HOME

PARIS = ZoneInfo("Europe/Paris")
ANY = HoursRule(marketing=False, night="send")
WINDOW = HoursRule(marketing=True, held=False)
WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=PARIS)


def batches(sizes: list[int], zones: tuple[str, ...] = HOME) -> list[PacedBatch]:
    return [PacedBatch(number, size, zones) for number, size in enumerate(sizes, 1)]


def most_in(pace: MessagePace, departures: list[Departure]) -> int:
    """Messages in the fullest minute, hour or day, wherever it begins."""
    period = timedelta(seconds=pace.seconds)
    return max(sum(each.messages for each in departures if at <= each.at < at + period) for at, _ in departures)


@pytest.mark.parametrize(("per", "size", "gap"), [(60, 5_000, 60), (3_600, 1_250, 900), (86_400, 500, 3_600)])
def test_a_pace_cuts_the_list_into_batches_of_a_minute_a_quarter_of_an_hour_or_an_hour(
    per: int, size: int, gap: int
) -> None:
    pace = MessagePace(messages=5_000, seconds=per)
    assert pace.batch_size == size
    assert pace.gap(size).total_seconds() == pytest.approx(gap, rel=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_no_minute_hour_or_day_has_more_than_the_pace_allows(seed: int) -> None:
    chance = random.Random(seed)
    pace = MessagePace(messages=chance.choice([1, 7, 40, 1_000]), seconds=chance.choice([60, 3_600, 86_400]))
    found = batches([chance.randint(1, pace.batch_size) for _ in range(60)])
    plan = Spread(pace=pace, hours=ANY).plan(found, WEDNESDAY)
    left = sorted(Departure(plan[each.batch], each.receivers) for each in found)
    assert most_in(pace, left) <= pace.messages
    assert left[0].at == WEDNESDAY
    # As it is in time: no longer than a list of whole batches, and a period for what does not fit together.
    assert left[-1].at - left[0].at <= pace.gap(sum(each.messages for each in left)) * (
        3 if pace.seconds < 86_400 else 5
    )


def test_the_spread_goes_on_at_the_next_hours() -> None:
    pace = MessagePace(messages=1_000, seconds=3_600)
    plan = Spread(pace=pace, hours=WINDOW).plan(batches([250] * 60), WEDNESDAY)
    days = [plan[number].astimezone(PARIS) for number in sorted(plan)]
    assert {each.date().isoformat() for each in days} == {"2026-11-25", "2026-11-26"}
    assert all(8 <= each.hour < 20 for each in days)
    thursday = next(each for each in days if each.day == 26)
    assert (thursday.hour, thursday.minute) == (8, 0)


def test_zones_with_few_hours_come_first_and_share_the_pace() -> None:
    pace = MessagePace(messages=400, seconds=3_600)
    home, far = (
        batches([100] * 20),
        [PacedBatch(21, 100, ("America/Martinique",)), PacedBatch(22, 60, ("Pacific/Noumea",))],
    )
    plan = Spread(pace=pace, hours=WINDOW).plan([*home, *far], WEDNESDAY)
    assert plan[21].astimezone(PARIS).strftime("%a %H:%M") == "Wed 13:00"
    assert plan[22].astimezone(PARIS).strftime("%a %H:%M") == "Thu 08:00"
    left = sorted(Departure(plan[each.batch], each.receivers) for each in [*home, *far])
    assert most_in(pace, left) <= pace.messages


def test_a_batch_that_missed_its_place_gets_the_next_free_one() -> None:
    pace, spread = (
        MessagePace(messages=400, seconds=3_600),
        Spread(pace=MessagePace(messages=400, seconds=3_600), hours=ANY),
    )
    start = WEDNESDAY.astimezone(UTC)
    others = [Departure(start + pace.gap(100) * number, 100) for number in range(6)]
    assert spread.place(others, PacedBatch(9, 100, HOME), start) == others[-1].at + pace.gap(100)
    del others[2]
    assert spread.place(others, PacedBatch(9, 100, HOME), start) == start + pace.gap(100) * 2


def test_messages_that_have_left_are_counted_whenever_they_left() -> None:
    pace, start = MessagePace(messages=100, seconds=3_600), WEDNESDAY.astimezone(UTC)
    late = [Departure(start + timedelta(minutes=minutes, seconds=40), 25) for minutes in (0, 15, 30, 45)]
    free = pace.free_at(late, 25, start + timedelta(minutes=60))
    assert free == late[0].at + pace.period
    assert most_in(pace, [*late, Departure(free, 25)]) == 100
    assert pace.free_at([], 25, start) == start
