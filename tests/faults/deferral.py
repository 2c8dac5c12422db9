"""A task that has deferred itself: its trigger runs as in a triggerer, then the task goes on."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk.exceptions import TaskDeferred


def described(deferred: TaskDeferred) -> dict[str, Any]:
    classpath, given = deferred.trigger.serialize()
    return {
        "classpath": classpath,
        "given": {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()},
        "method": deferred.method_name,
        "kwargs": dict(deferred.kwargs or {}),
    }


def trigger_of(kept: dict[str, Any]) -> Any:
    """Make the trigger again."""
    module, _, name = kept["classpath"].rpartition(".")
    given = dict(kept["given"])
    if "moment" in given:
        given["moment"] = datetime.fromisoformat(given["moment"])
    return getattr(import_module(module), name)(**given)


def trigger_event(kept: dict[str, Any]) -> Any:
    """Make the trigger again and wait for its first event, as a triggerer does."""
    trigger = trigger_of(kept)
    if isinstance(trigger, DateTimeTrigger):
        # Airflow's own wait, but to the moment: its trigger reads the clock once a second.
        time.sleep(max(0.0, (trigger.moment - datetime.now(UTC)).total_seconds()))
        return trigger.moment.isoformat()

    async def first() -> Any:
        async with aclosing(trigger.run()) as events:
            async for event in events:
                return event.payload
        raise RuntimeError("the trigger has ended without an event")

    return asyncio.run(first())


def resume(operator: Any, context: Any, kept: Any, event: Any) -> Any:
    return getattr(operator, kept["method"])(context, event=event, **kept["kwargs"])
