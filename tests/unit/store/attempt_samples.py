"""Attempts at a batch, and their claims."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from sqlalchemy import text

from ovh_sms.store.models import Attempt
from ovh_sms.store.store import Store

DAY = timedelta(hours=24)
IN_FLIGHT = timedelta(minutes=10)
SECOND = timedelta(seconds=2)  # longer than a test takes on PostgreSQL, which has a clock of its own


def an_attempt(tag: str = "t1", **changes: object) -> Attempt:
    attempt = Attempt(
        tag=tag,
        attempt=1,
        kind="batch",
        holder="p1",
        campaign="spring",
        dag_id="sms_campaign_spring",
        run_id="manual__1",
        account="sms-sb00001-1",
        list_digest="cd" * 32,
        message_digest="ab" * 32,
    )
    return dataclasses.replace(attempt, **changes)  # type: ignore[arg-type]


def another_run(tag: str = "t2", **changes: object) -> Attempt:
    return an_attempt(tag, **{"run_id": "manual__2", **changes})


def claim(store: Store, attempt: Attempt, *, force: bool = False) -> bool:
    return store.attempts.claim(attempt, duplicate_window=None if force else DAY, in_flight_window=IN_FLIGHT)


def age(store: Store, by: timedelta) -> None:
    """Make every claim older."""
    older = "claimed_at - interval '1 second' * :seconds"
    if store.database.engine.dialect.name == "sqlite":
        older = "strftime('%Y-%m-%d %H:%M:%f000', claimed_at, '-' || :seconds || ' seconds')"
    with store.database.writing() as connection:
        statement = text(f"UPDATE ovh_sms_attempts SET claimed_at = {older}")
        connection.execute(statement, {"seconds": by.total_seconds()})


def without_time(attempts: list[Attempt]) -> list[Attempt]:
    return [dataclasses.replace(each, claimed_at=None) for each in attempts]
