"""The sample of a pilot: of the whole list, the same in each preparation, with rows and costs accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.write.pilot_sample import PilotRequest
from ovh_sms.messaging.departure_hours import HoursRule, RunHours
from support.campaign_runs import PARIS, datetime

HEADER = "numero;prenom"
ROWS = [f"063998{at:04d};{'P' * (1 + at % 3 * 80)}" for at in range(1_000)]
LONG = "Bonjour #prenom#"


def prepared(folder: Path, rows: list[str], pilot: PilotRequest | None, **more: object) -> PreparedList:
    folder.mkdir(exist_ok=True)
    source = folder / "list.csv"
    source.write_text("\n".join([HEADER, *rows]) + "\n")
    given: dict[str, object] = {
        "out": folder / "out",
        "message": LONG,
        "stop_clause": True,
        "pilot": pilot,
        "options": ContactOptions(allow_fiction=True),
        **more,
    }
    return prepare(source, **given)  # type: ignore[arg-type]


def lines(found: PreparedList, batches: slice) -> list[str]:
    return [line for each in found.batches[batches] for line in each.list_path.read_text().splitlines()[1:]]


def test_the_sample_is_of_the_whole_list_and_the_same_in_each_preparation(tmp_path: Path) -> None:
    wanted = PilotRequest(count=100, salt="run_1")
    found = prepared(tmp_path, ROWS, wanted, batch_size=300)
    assert (found.pilot_batches, found.batches[0].accepted, found.accepted) == (1, 100, 1_000)
    assert len(found.batches) == 1 + 4
    first = lines(found, slice(0, 1))
    assert found.digest == prepared(tmp_path, ROWS, wanted, batch_size=300).digest
    assert sum(int(line[8:12]) < 500 for line in first) in range(30, 71), "not from the head of a sorted list"
    other = lines(prepared(tmp_path, ROWS, PilotRequest(count=100, salt="run_2"), batch_size=300), slice(0, 1))
    assert len({*first} & {*other}) < 40, "other runs draw other people"


@pytest.mark.parametrize("size", [None, 40, 300])
def test_nobody_is_lost_or_doubled_and_each_batch_costs_what_its_rows_cost(tmp_path: Path, size: int | None) -> None:
    whole = prepared(tmp_path / "whole", ROWS, None, batch_size=size)
    found = prepared(tmp_path / "cut", ROWS, PilotRequest(count=100, salt="run_1"), batch_size=size)
    assert sorted(lines(found, slice(None))) == sorted(lines(whole, slice(None)))
    assert len({*lines(found, slice(None))}) == 1_000
    assert (found.credits, found.segments) == (whole.credits, whole.segments)
    assert sum(each.credits for each in found.batches) == found.credits
    assert sum(each.accepted for each in found.batches[: found.pilot_batches]) == 100
    alone = prepared(tmp_path / "alone", [f"0{line[3:]}" for line in lines(found, slice(0, 1))], None)
    assert alone.credits == found.batches[0].credits


def test_each_time_zone_has_a_pilot_of_its_own(tmp_path: Path) -> None:
    far = [f"+596696{at:06d};Q" for at in range(201_000, 201_100)]
    now = datetime(2026, 11, 25, 10, tzinfo=PARIS)
    hours = RunHours(hours=HoursRule(marketing=True), now=now)
    found = prepared(tmp_path, [*ROWS[:100], *far], PilotRequest(count=50, salt="run_1"), hours=hours)
    assert {each.zones for each in found.batches[: found.pilot_batches]} == {("Europe/Paris",), ("America/Martinique",)}
    assert sum(each.accepted for each in found.batches[: found.pilot_batches]) == 50
    assert found.zones == {"Europe/Paris": 100, "America/Martinique": 100}


def test_a_list_that_is_no_longer_than_the_pilot_has_none(tmp_path: Path) -> None:
    found = prepared(tmp_path, ROWS[:100], PilotRequest(count=100, salt="run_1"))
    assert (found.pilot_batches, len(found.batches)) == (0, 1)
