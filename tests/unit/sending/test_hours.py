"""When messages leave, by the sandbox's account: at a fit hour by the clocks of those who get them, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import OutsideHours, ScheduleTooOld
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.receiver_zones import HOME, zones_of
from ovh_sms.sending.schedule import HoursWait, Schedule
from support.sandbox import SandboxProcess

PARIS = ZoneInfo("Europe/Paris")
FRANCE = "+33639980001"
GUADELOUPE, MARTINIQUE, GUYANE = "+590690001234", "+596696201234", "+594694201234"
REUNION, MAYOTTE, TAHITI = "+262692123456", "+262639123456", "+68987123456"
#: OVH's own client takes no number of nine digits, and neither does the sandbox.
MIQUELON, NOUMEA, WALLIS = "+508551234", "+687751234", "+681821234"
ALL = (GUADELOUPE, MARTINIQUE, GUYANE, REUNION, MAYOTTE, TAHITI, MIQUELON, NOUMEA, WALLIS)

#: Advertising by ``split``: ready when (Paris), and when it leaves (Paris) for each number.
SPLIT = {
    "a Wednesday in winter": (
        "2026-11-25 10:00",
        {
            FRANCE: "2026-11-25 10:00",
            **dict.fromkeys((GUADELOUPE, MARTINIQUE), "2026-11-25 13:00"),
            **dict.fromkeys((GUYANE, MIQUELON), "2026-11-25 12:00"),
            **dict.fromkeys((REUNION, MAYOTTE), "2026-11-25 10:00"),
            TAHITI: "2026-11-25 19:00",  # 8 h there; Paris closes an hour later
            **dict.fromkeys((NOUMEA, WALLIS), "2026-11-26 08:00"),
        },
    ),
    "a Wednesday in summer": (
        "2026-07-15 10:00",
        {
            FRANCE: "2026-07-15 10:00",
            **dict.fromkeys((GUADELOUPE, MARTINIQUE), "2026-07-15 14:00"),
            GUYANE: "2026-07-15 13:00",
            MIQUELON: "2026-07-15 12:00",
            **dict.fromkeys((REUNION, MAYOTTE, NOUMEA), "2026-07-15 10:00"),
            TAHITI: "never",
            WALLIS: "2026-07-16 08:00",
        },
    ),
    "a Saturday": (
        "2026-11-28 10:00",
        {
            **dict.fromkeys((FRANCE, REUNION, MAYOTTE, NOUMEA, WALLIS), "2026-11-30 08:00"),
            **dict.fromkeys((GUADELOUPE, MARTINIQUE), "2026-11-30 13:00"),
            **dict.fromkeys((GUYANE, MIQUELON), "2026-11-30 12:00"),
            TAHITI: "2026-11-30 19:00",
        },
    ),
    "a Friday evening": (
        "2026-11-27 20:30",
        {
            **dict.fromkeys((FRANCE, REUNION, MAYOTTE, NOUMEA, WALLIS), "2026-11-30 08:00"),
            **dict.fromkeys((GUADELOUPE, MARTINIQUE), "2026-11-30 13:00"),
            **dict.fromkeys((GUYANE, MIQUELON), "2026-11-30 12:00"),
            TAHITI: "2026-11-30 19:00",
        },
    ),
    "a night": (
        "2026-11-25 22:00",
        {
            **dict.fromkeys((FRANCE, REUNION, MAYOTTE, NOUMEA, WALLIS), "2026-11-26 08:00"),
            **dict.fromkeys((GUADELOUPE, MARTINIQUE), "2026-11-26 13:00"),
            **dict.fromkeys((GUYANE, MIQUELON), "2026-11-26 12:00"),
            TAHITI: "2026-11-26 19:00",
        },
    ),
    "an evening in the Indian Ocean": (
        "2026-11-25 17:30",
        {REUNION: "2026-11-26 08:00", MAYOTTE: "2026-11-25 17:30", MARTINIQUE: "2026-11-25 17:30"},
    ),
    "too close to the evening": ("2026-11-25 16:50", {REUNION: "2026-11-26 08:00"}),
    "just in time before the evening": ("2026-11-25 16:44", {REUNION: "2026-11-25 16:44"}),
    "a holiday in metropolitan France and overseas": (
        "2026-11-11 15:00",
        {
            **dict.fromkeys((FRANCE, REUNION, MAYOTTE, NOUMEA, WALLIS), "2026-11-12 08:00"),
            **dict.fromkeys((GUADELOUPE, MARTINIQUE), "2026-11-12 13:00"),
            **dict.fromkeys((GUYANE, MIQUELON), "2026-11-12 12:00"),
            TAHITI: "2026-11-12 19:00",
        },
    ),
    "abolition in Martinique, then Whit Monday": (
        "2026-05-22 15:00",
        {FRANCE: "2026-05-22 15:00", MARTINIQUE: "2026-05-26 14:00", GUADELOUPE: "2026-05-22 15:00"},
    ),
    "abolition in Guadeloupe, then in Saint-Martin, which shares its numbers": (
        "2026-05-27 15:00",
        {FRANCE: "2026-05-27 15:00", GUADELOUPE: "2026-05-29 14:00", MARTINIQUE: "2026-05-27 15:00"},
    ),
    "abolition in Guyane": ("2026-06-10 15:00", {FRANCE: "2026-06-10 15:00", GUYANE: "2026-06-11 13:00"}),
    "abolition in Réunion": ("2027-12-20 10:00", {FRANCE: "2027-12-20 10:00", REUNION: "2027-12-21 08:00"}),
    "abolition in Mayotte": ("2026-04-27 10:00", {REUNION: "2026-04-27 10:00", MAYOTTE: "2026-04-28 08:00"}),
    "a holiday in New Caledonia": ("2026-09-24 08:30", {FRANCE: "2026-09-24 08:30", NOUMEA: "2026-09-25 08:00"}),
    "a holiday in Polynesia": ("2026-11-20 19:10", {FRANCE: "2026-11-20 19:10", TAHITI: "2026-11-23 19:00"}),
    "a holiday in Wallis": ("2026-04-28 08:30", {FRANCE: "2026-04-28 08:30", WALLIS: "2026-04-29 08:00"}),
    "the Friday before summer time": ("2026-03-27 10:00", {MARTINIQUE: "2026-03-27 13:00", GUYANE: "2026-03-27 12:00"}),
    "the night of summer time": ("2026-03-29 01:30", {FRANCE: "2026-03-30 08:00", MARTINIQUE: "2026-03-30 14:00"}),
    "the Friday before winter time": (
        "2026-10-23 10:00",
        {MARTINIQUE: "2026-10-23 14:00", TAHITI: "2026-10-26 19:00", NOUMEA: "2026-10-23 10:00"},
    ),
    "nobody waits for longer than a week": ("2026-10-18 10:00", {TAHITI: "never"}),
    "the night of winter time": ("2026-10-25 02:30", {FRANCE: "2026-10-26 08:00", MARTINIQUE: "2026-10-26 13:00"}),
    "the Friday before summer time in Miquelon": ("2026-03-06 10:00", {MIQUELON: "2026-03-06 12:00"}),
    "the Monday of summer time in Miquelon": ("2026-03-09 10:00", {MIQUELON: "2026-03-09 11:00"}),
}

#: Other rules: marketing, hours, night, number, ready when, leaves when.
OTHERS = [
    (True, "hold", "hold", FRANCE, "2026-11-28 10:00", "2026-11-30 08:00"),
    (True, "hold", "hold", FRANCE, "2026-11-25 10:00", "2026-11-25 10:00"),
    *((True, "hold", "hold", number, "2026-11-25 15:00", "refused") for number in ALL),
    (True, "refuse", "hold", FRANCE, "2026-11-28 10:00", "refused"),
    (True, "refuse", "hold", FRANCE, "2026-11-25 10:00", "2026-11-25 10:00"),
    (True, "refuse", "hold", MARTINIQUE, "2026-11-25 10:00", "refused"),
    (True, "refuse", "hold", MARTINIQUE, "2026-11-25 15:00", "2026-11-25 15:00"),
    (False, "split", "hold", FRANCE, "2026-11-25 00:50", "2026-11-25 07:00"),
    (False, "split", "send", FRANCE, "2026-11-25 00:50", "2026-11-25 00:50"),
    (False, "split", "hold", FRANCE, "2026-11-28 10:00", "2026-11-28 10:00"),
    (False, "split", "hold", FRANCE, "2026-11-25 21:40", "2026-11-25 21:40"),
    (False, "split", "hold", FRANCE, "2026-11-25 21:50", "2026-11-26 07:00"),
    (False, "split", "hold", FRANCE, "2026-03-29 01:30", "2026-03-29 07:00"),
    (False, "split", "hold", FRANCE, "2026-10-25 02:30", "2026-10-25 07:00"),
    (False, "split", "hold", MARTINIQUE, "2026-11-25 10:00", "2026-11-25 12:00"),
    (False, "split", "hold", REUNION, "2026-11-25 20:00", "2026-11-26 04:00"),
    (False, "split", "hold", NOUMEA, "2026-11-25 23:00", "2026-11-25 23:00"),
    (False, "split", "hold", TAHITI, "2026-11-25 10:00", "2026-11-25 18:00"),
]

_tags = count(1)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.fixture
def sandbox_at(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    yield sandbox
    sandbox.clock(offset=0)


def shift(sandbox: SandboxProcess, moment: datetime) -> None:
    """Set OVH's clock."""
    sandbox.clock(offset=moment.timestamp() - datetime.now(UTC).timestamp())


def sent_at(sandbox: SandboxProcess, schedule: Schedule, number: str, ready: datetime) -> datetime:
    """Send as soon as the schedule allows it; when the message left, by the sandbox's account."""
    shift(sandbox, ready)
    try:
        schedule.check(ready)
    except HoursWait as wait:
        begins = ready.astimezone(UTC) + wait.wait
        shift(sandbox, begins)
        schedule.check(begins)
    tag = f"hours_{next(_tags):05d}"
    marketing = bool(schedule.hours and schedule.hours.marketing)
    request = SubmissionRequest(
        message="Bonjour", stop_clause=marketing, tag=tag, receivers=[number], sender="MYSHOP", priority="high"
    )
    with OvhSmsHook().client as client:
        assert not client.jobs.submit(request).refused
    (message,) = sandbox.messages(tag)
    return datetime.fromisoformat(message["sent_at"])


def schedule_for(number: str, hours: HoursRule, **given: object) -> Schedule:
    return Schedule(hours=hours, zones=zones_of(number), receivers=1, **given)  # type: ignore[arg-type]


def check_departure(
    sandbox: SandboxProcess, hours: HoursRule, number: str, ready: str, leaves: str, **given: object
) -> None:
    schedule = schedule_for(number, hours, **given)
    if leaves in ("never", "refused"):
        with pytest.raises(OutsideHours):
            schedule.check(paris(ready))
        return
    if number in (MIQUELON, NOUMEA, WALLIS):
        assert schedule.leaves_at(paris(ready)) == paris(leaves)
        return
    late = sent_at(sandbox, schedule, number, paris(ready)) - paris(leaves).astimezone(UTC)
    assert timedelta(0) <= late < timedelta(minutes=1), (number, ready, late)


@pytest.mark.parametrize("day", SPLIT)
def test_each_time_zone_gets_advertising_at_its_own_time(sandbox_at: SandboxProcess, day: str) -> None:
    ready, expected = SPLIT[day]
    for number, leaves in expected.items():
        check_departure(sandbox_at, HoursRule(marketing=True), number, ready, leaves)


@pytest.mark.parametrize(("marketing", "hours", "night", "number", "ready", "leaves"), OTHERS)
def test_the_campaign_says_what_happens_outside_of_the_hours(
    sandbox_at: SandboxProcess, marketing: bool, hours: str, night: str, number: str, ready: str, leaves: str
) -> None:
    rule = HoursRule(marketing=marketing, hours=hours, night=night)  # type: ignore[arg-type]
    check_departure(sandbox_at, rule, number, ready, leaves)


ADVERTISING, REMINDER = HoursRule(marketing=True), HoursRule(marketing=False)
LATE = [
    # planned on a Friday evening: OVH would hold it until Monday
    (ADVERTISING, FRANCE, "2026-11-27 20:30", "2026-11-27 20:30", 6, "late"),
    (ADVERTISING, FRANCE, "2026-11-27 20:30", "2026-11-27 20:30", 72, "2026-11-30 08:00"),
    (ADVERTISING, FRANCE, "2026-11-25 10:00", "2026-11-25 15:59", 6, "2026-11-25 15:59"),
    (ADVERTISING, FRANCE, "2026-11-25 10:00", "2026-11-25 16:01", 6, "late"),
    # 13 h is when a message planned for 10 h is due in Martinique
    (ADVERTISING, MARTINIQUE, "2026-11-25 10:00", "2026-11-25 10:00", 1, "2026-11-25 13:00"),
    (ADVERTISING, MARTINIQUE, "2026-11-25 10:00", "2026-11-25 13:59", 1, "2026-11-25 13:59"),
    (ADVERTISING, MARTINIQUE, "2026-11-25 10:00", "2026-11-25 14:01", 1, "late"),
    (ADVERTISING, MARTINIQUE, "2026-11-25 10:00", "2026-11-25 21:00", 6, "late"),
    (ADVERTISING, MARTINIQUE, "2026-11-27 20:30", "2026-11-27 20:30", 6, "late"),
    # a reminder planned for the evening whose run was held up until the night
    (REMINDER, FRANCE, "2026-11-25 19:00", "2026-11-26 00:50", 6, "late"),
    (REMINDER, FRANCE, "2026-11-25 19:00", "2026-11-26 00:50", 24, "2026-11-26 07:00"),
    (REMINDER, FRANCE, "2026-11-25 19:00", "2026-11-25 21:30", 6, "2026-11-25 21:30"),
    (REMINDER, MARTINIQUE, "2026-11-25 07:00", "2026-11-25 07:00", 1, "2026-11-25 12:00"),
]


@pytest.mark.parametrize(("hours", "number", "planned", "ready", "most", "leaves"), LATE)
def test_lateness_counts_until_a_message_leaves(
    sandbox_at: SandboxProcess, hours: HoursRule, number: str, planned: str, ready: str, most: int, leaves: str
) -> None:
    given = {"planned_at": paris(planned), "max_lateness": timedelta(hours=most)}
    if leaves != "late":
        check_departure(sandbox_at, hours, number, ready, leaves, **given)
        return
    schedule = schedule_for(number, hours, **given)
    with pytest.raises(ScheduleTooOld, match="planned for"):
        schedule.check(paris(ready))
    with suppress(HoursWait):
        schedule.check(paris(ready), has_started=True)  # other batches of the run are at OVH


@pytest.mark.parametrize(
    ("hours", "number", "ready", "until", "leaves"),
    [
        (ADVERTISING, FRANCE, "2026-11-27 20:30", "2026-11-28 18:00", "late"),
        (ADVERTISING, FRANCE, "2026-11-27 20:30", "2026-11-30 08:00", "late"),
        (ADVERTISING, FRANCE, "2026-11-27 20:30", "2026-11-30 08:01", "2026-11-30 08:00"),
        (ADVERTISING, MARTINIQUE, "2026-11-25 10:00", "2026-11-25 12:59", "late"),
        (REMINDER, FRANCE, "2026-11-26 00:50", "2026-11-26 06:59", "late"),
        (REMINDER, FRANCE, "2026-11-25 12:01", "2026-11-25 12:00", "late"),
        (REMINDER, FRANCE, "2026-11-25 11:59", "2026-11-25 12:00", "2026-11-25 11:59"),
    ],
)
def test_nothing_leaves_after_its_use(
    sandbox_at: SandboxProcess, hours: HoursRule, number: str, ready: str, until: str, leaves: str
) -> None:
    schedule = schedule_for(number, hours, valid_until=paris(until))
    if leaves != "late":
        check_departure(sandbox_at, hours, number, ready, leaves, valid_until=paris(until))
        return
    for more in ({}, {"has_started": True}, {"person_decided": True}):
        with pytest.raises(ScheduleTooOld, match="valid_until"):
            schedule.check(paris(ready), **more)


def test_a_large_batch_is_given_to_ovh_earlier_before_the_evening() -> None:
    hours, ready = HoursRule(marketing=True), paris("2026-11-25 16:30")
    assert hours.submit_at(zones_of(REUNION), ready, receivers=1_000) == ready
    assert hours.submit_at(zones_of(REUNION), ready, receivers=200_000) == paris("2026-11-26 08:00")


def test_what_ovh_holds_by_the_right_hours_is_given_to_it_at_once() -> None:
    ready = paris("2026-11-28 10:00")
    assert HoursRule(marketing=True).submit_at(HOME, ready) == ready


def test_advertising_to_an_unknown_time_zone_is_refused() -> None:
    schedule = Schedule(hours=HoursRule(marketing=True), zones=())
    with pytest.raises(OutsideHours, match="unknown time zone"):
        schedule.check(paris("2026-11-25 15:00"))
    Schedule(hours=HoursRule(marketing=False), zones=()).check(paris("2026-11-25 15:00"))
