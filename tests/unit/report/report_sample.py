"""Two sendings to report on: two messages, and a messy list of ten thousand rows. Drawn from a seed."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta

from ovh_sms.store.models import Message, OptOut, Submission
from ovh_sms.store.store import ResultsStore

SENT_AT = datetime(2026, 3, 12, 9, 2, 17, tzinfo=UTC)
REJECTED = {
    "duplicate": 487,
    "invalid_number": 158,
    "suppressed": 96,
    "no_number": 41,
    "spreadsheet_damage": 12,
}
SUBMITTED = 10_000 - sum(REJECTED.values())
STOPS = 37
# What may happen to a message: delivery_status, operator code, weight.
FATES = [
    ("delivered", 4, 9550),
    ("failed", 23, 140),
    ("failed", 24, 62),
    ("failed", 27, 9),
    ("failed", 28, 5),
    ("failed", None, 3),
    ("expired", 8, 95),
    ("pending", 3, 21),
]


def small() -> tuple[Submission, list[Message]]:
    run = Submission(
        tag="a1b2c3d4e5f60718",
        campaign="appointment_reminder",
        dag_id="sms_campaign_appointment_reminder",
        run_id="manual__2026-03-12",
        account="sms-sb00001-1",
        sender="MYSHOP",
        marketing=False,
        message_digest="0" * 64,
        list_digest="1" * 64,
        rows=2,
        accepted=2,
        credits_estimated=2.0,
    )
    messages = [
        Message(
            outgoing_id=1 + number,
            tag=run.tag,
            receiver=f"+3363998000{number}",
            sender="MYSHOP",
            created_at=SENT_AT,
            sent_at=SENT_AT,
            delivered_at=SENT_AT + timedelta(seconds=4 + 5 * number),
            delivery_receipt=1,
            operator_code=4,
            operator="20801",
            delivery_status="delivered",
            parts=1,
        )
        for number in range(2)
    ]
    return run, messages


def large() -> tuple[Submission, list[Message]]:
    run = Submission(
        tag="f00dfacecafe0042",
        campaign="spring_sale",
        dag_id="sms_campaign_spring_sale",
        run_id="scheduled__2026-03-12",
        account="sms-sb00001-1",
        sender="MYSHOP",
        marketing=True,
        message_digest="2" * 64,
        list_digest="3" * 64,
        rows=10_000,
        accepted=SUBMITTED,
        rejected=REJECTED,
        credits_estimated=float(SUBMITTED + 412),
    )
    draw = random.Random(20260312)
    messages = []
    for number in range(SUBMITTED):
        sent_at = SENT_AT + timedelta(seconds=number // 6)
        delivery_status, code, _ = draw.choices(FATES, [weight for *_, weight in FATES])[0]
        slow = draw.random() < 0.04
        delay = draw.lognormvariate(6.4, 1.0) if slow else draw.lognormvariate(1.9, 0.5)
        delivered_at = (sent_at + timedelta(seconds=round(delay))) if delivery_status == "delivered" else None
        messages.append(
            Message(
                outgoing_id=1000 + number,
                tag=run.tag,
                receiver=f"+336399{80000 + number:05d}",
                sender="MYSHOP",
                created_at=SENT_AT,
                sent_at=sent_at,
                delivered_at=delivered_at,
                delivery_receipt=None,
                operator_code=code,
                operator=draw.choice(["20801", "20810", "20815", "20820"]),
                delivery_status=delivery_status,
                parts=2 if number < 412 else 1,
            )
        )
    return run, messages


def fill(store: ResultsStore) -> ResultsStore:
    store.migrate()
    for run, messages in (small(), large()):
        spent = float(sum(message.parts for message in messages))
        answer = {"sent_at": SENT_AT, "submitted": len(messages), "invalid": 0, "credits_spent": spent}
        store.start_submission(dataclasses.replace(run, **answer))
        store.store_messages(run.tag, messages)
        store.finish_submission(
            run.tag, complete=not run.marketing, collected_at=SENT_AT + timedelta(hours=6, minutes=4)
        )
    delivered = [message for message in large()[1] if message.delivery_status == "delivered"]
    stops = (OptOut(receiver=m.receiver, outgoing_id=m.outgoing_id) for m in delivered[:STOPS])
    store.store_opt_outs(large()[0].tag, stops)
    return store
