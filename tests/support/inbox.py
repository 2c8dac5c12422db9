"""Replies to the campaigns of the sample report, as the pages show them."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.store import Store
from unit.report.report_sample import SENT_AT, large

SENT, MESSAGES = large()
#: What people wrote, the earliest first, with the action and the word of each.
SAID = (
    ("Oui", "confirmed", "OUI"),
    ("Je viens a midi, appelez Lea au 06 39 98 77 66", "inbox", None),
    ("STOP", "opt_out", "STOP"),
)


def save_replies(store: Store, *, first: int = 1) -> list[InboundMessage]:
    """Store some replies to the large run, each of another person, and one that answers no known run."""
    run = {"campaign": SENT.campaign, "dag_id": SENT.dag_id, "run_id": SENT.run_id}
    replies = [
        InboundMessage(
            inbound_id=first + at,
            received_at=SENT_AT + timedelta(hours=1, minutes=at),
            number=MESSAGES[at].receiver,
            text=text,
            tag=SENT.tag,
            action=action,
            keyword=keyword,
            credits=1.0,
            **run,
        )
        for at, (text, action, keyword) in enumerate(SAID)
    ]
    stray = InboundMessage(
        inbound_id=first + len(SAID),
        received_at=SENT_AT,
        number="+33639987700",
        text="Qui est-ce ?",
        tag="",
        action="inbox",
    )
    store.inbound.save(SENT.account, [*replies, stray])
    return [*replies, stray]
