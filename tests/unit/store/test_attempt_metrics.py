"""Attempts are counted once in the metrics, however often the journal records them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ovh_sms.metrics import MESSAGES_SUBMITTED, Metric, record_with
from ovh_sms.store.store import Store
from support.stores import new_store
from unit.store.attempt_samples import an_attempt, claim

ANSWER = {"submitted": 20, "credits_spent": 20.5}


class Recorded:
    """A recorder that keeps what it gets."""

    def __init__(self) -> None:
        self.values: list[tuple[str, float, dict[str, str]]] = []

    def record(self, metric: Metric, value: float, tags: Mapping[str, str]) -> None:
        self.values.append((metric.name.removeprefix("ovh_sms."), value, dict(tags)))

    def of(self, name: str) -> list[float]:
        return [value for recorded, value, _ in self.values if recorded == name]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    found = Recorded()
    record_with(found)
    yield found
    record_with(None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(tmp_path / "results.sqlite")
    yield made
    made.close()


def test_a_write_counts_once_however_often_it_is_recorded_as_succeeded(store: Store, recorded: Recorded) -> None:
    claim(store, an_attempt())
    for _ in range(3):
        store.attempts.succeed("t1", 1, answer=ANSWER)
    assert (recorded.of("messages.submitted"), recorded.of("credits.spent")) == ([20], [20.5])
    assert recorded.of("writes") == [1]
    assert recorded.of("reconciliations") == []
    assert recorded.values[-1][2]["campaign"] == "spring"


def test_a_write_that_did_not_reach_ovh_counts_no_message(store: Store, recorded: Recorded) -> None:
    claim(store, an_attempt())
    for _ in range(2):
        store.attempts.mark_not_executed("t1", 1)
    assert [(name, tags["state"]) for name, _, tags in recorded.values] == [("writes", "not_executed")]


def test_a_recorder_that_fails_changes_nothing(store: Store) -> None:
    class Broken:
        def record(self, metric: Metric, value: float, tags: Mapping[str, str]) -> None:
            raise OSError("the network is down")

    record_with(Broken())
    try:
        claim(store, an_attempt())
        assert store.attempts.succeed("t1", 1, answer=ANSWER)
    finally:
        record_with(None)


def test_a_record_without_one_of_its_tags_is_left_out_with_a_warning(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    MESSAGES_SUBMITTED.record(1, account="sms-aa1-1", kind="batch")
    assert recorded.values == []
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert "ovh_sms.messages.submitted" in warning.getMessage()
