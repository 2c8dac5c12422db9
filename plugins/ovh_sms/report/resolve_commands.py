"""The commands that record a person's decision about an unknown outcome."""

from __future__ import annotations

from ovh_sms.messaging.tag import resolve_command
from ovh_sms.report.batch_state import BatchStatus


def resolve_commands(batch: BatchStatus) -> list[str]:
    """The commands that record a person's decision about an unknown outcome."""
    tag, question = batch.results.record.tag, batch.results.question
    if not tag or not question or batch.results.resolution is not None:
        return []
    found = [resolve_command(tag, question["code"], "sent")]
    if not (question["found"] or question["ambiguous"]):
        send = resolve_command(tag, question["code"], "send")
        found.append(f"{send} --although-credits-are-gone" if question["credits_missing"] else send)
    return found
