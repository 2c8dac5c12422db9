"""A task that has deferred itself: its trigger runs as in a triggerer, then the task goes on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from importlib import import_module
from typing import Any

from airflow.sdk.exceptions import TaskDeferred


def described(deferred: TaskDeferred) -> dict[str, Any]:
    classpath, given = deferred.trigger.serialize()
    return {
        "classpath": classpath,
        "given": given,
        "method": deferred.method_name,
        "kwargs": dict(deferred.kwargs or {}),
    }


def trigger_event(kept: dict[str, Any]) -> Any:
    """Make the trigger again and wait for its first event, as a triggerer does."""
    module, _, name = kept["classpath"].rpartition(".")
    trigger = getattr(import_module(module), name)(**kept["given"])

    async def first() -> Any:
        async with aclosing(trigger.run()) as events:
            async for event in events:
                return event.payload
        raise RuntimeError("the trigger has ended without an event")

    return asyncio.run(first())


def resume(operator: Any, context: Any, kept: Any, event: Any) -> Any:
    return getattr(operator, kept["method"])(context, event=event, **kept["kwargs"])
