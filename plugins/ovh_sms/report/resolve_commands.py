"""The commands that record a person's decision about an unknown outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ovh_sms.messaging.tag import resolve_command
from ovh_sms.report.batch_state import BatchStatus


def resolve_commands(batch: BatchStatus) -> list[str]:
    """The commands that record a person's decision about an unknown outcome."""
    results = batch.results
    return commands_of(results.record.tag, results.question, is_resolved=results.resolution is not None)


def commands_of(tag: str | None, question: Mapping[str, Any] | None, *, is_resolved: bool) -> list[str]:
    """The commands for any write: a batch, an order, a payment or a transfer.

    :param question: of its attempt; ``None`` if nobody is asked.
    """
    if not tag or not question or is_resolved:
        return []
    found = [resolve_command(tag, question["code"], "sent")]
    if not (question["found"] or question["ambiguous"]):
        send = resolve_command(tag, question["code"], "send")
        found.append(f"{send} --although-credits-are-gone" if question["credits_missing"] else send)
    return found
