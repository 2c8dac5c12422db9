"""Alerts in the results database: one limit for all processes, and one SMS an hour that counts the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from ovh_sms.outbox.alerts import queue_alert
from ovh_sms.store.alerts import Alert
from ovh_sms.store.outbox_queries import OutboxFilter
from support.fake_clock import FakeClock
from support.outbox import NUMBERS
from support.stores import new_store


def test_processes_that_alert_at_once_keep_one_limit(url: str) -> None:
    stores = [new_store(url) for _ in range(4)]

    def alert(at: int) -> None:
        names = {"message": "m", "more": "and {count} more alerts", "sender": "MYSHOP", "label": "alert d"}
        once = Alert(names=("task", at), per_hour=3)
        queue_alert(stores[at % 4], once, [NUMBERS[1]], allow_fiction=True, **names)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(alert, range(20)))
    rows = stores[0].outbox.latest(OutboxFilter(), limit=99)
    waiting = sorted(row.message for row in rows if row.state == "pending")
    assert waiting == ["and 17 more alerts", "m", "m", "m"]
    assert [row.stop_clause for row in rows] == [False] * 21
    assert not any("39980001" in row.key for row in rows)
    for store in stores:
        store.close()


def test_an_hour_of_many_limits_has_one_sms_that_counts(tmp_path: Path) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    for at in range(180):  # an alert each minute, for three hours
        once = Alert(names=("task", at), per_hour=5)
        queue_alert(store, once, [NUMBERS[1]], allow_fiction=True, message="m", more="{count}", sender="S", label="a")
        clock.advance(60)
    rows = store.outbox.latest(OutboxFilter(), limit=999)
    more = sorted((row.deferred_until, int(row.message)) for row in rows if row.deferred_until)
    alerts = sorted(row.queued_at for row in rows if row.message == "m")
    assert sum(count for _, count in more) + len(alerts) == 180
    assert all(later - sooner >= timedelta(hours=1) for (sooner, _), (later, _) in pairwise(more))
    assert all(later - sooner >= timedelta(hours=1) for sooner, later in zip(alerts, alerts[5:], strict=False))
    store.close()
