"""Replies behind the pages that are measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

REPLIES = 100_000
#: The conversation of the newest reply is asked for.
ALWAYS = {"/conversation": {"account": "sms-sb00001-1", "reply": str(REPLIES - 1)}}


def save_replies(store: Store, now: datetime, *, campaigns: int, large_run: str) -> None:
    """Let people answer campaigns over 100 days; one in three has a word that a rule knows."""
    from sqlalchemy import insert

    from ovh_sms.store.inbound_tables import inbound

    actions = (("confirmed", "OUI"), ("opt_out", "STOP"), ("inbox", None))
    rows = [
        {
            "account": "sms-sb00001-1",
            "inbound_id": at,
            "received_at": now - timedelta(seconds=86 * (REPLIES - at)),
            "number": f"+{33_600_000_000 + at * 7919 % 99_999_989}",
            "digest": at // 3,
            "text": f"Bonjour, je viens le {at % 28} a midi",
            "tag": f"tag{at % campaigns:04d}0",
            "campaign": f"campaign_{at % campaigns}",
            "dag_id": f"sms_campaign_{at % campaigns}",
            "run_id": large_run if at % campaigns == 0 else f"scheduled__{at % campaigns}",
            "keyword": actions[at * 7 % 3][1],
            "action": actions[at * 7 % 3][0],
            "credits": 1.0,
            "stored_at": now,
            "acted_at": now,
        }
        for at in range(REPLIES)
    ]
    with store.database.writing() as connection:
        connection.execute(insert(inbound), rows)
