"""Two submissions to report on: two messages, and a messy list of ten thousand rows. Drawn from a seed."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ovh_sms.report.counting import compute
from ovh_sms.store.models import Message, OptOut, SubmissionRecord
from ovh_sms.store.run_records import BatchRecord, RunRecord
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store

SENT_AT = datetime(2026, 3, 12, 9, 2, 17, tzinfo=UTC)
REJECTED = {"duplicate": 487, "invalid_number": 158, "suppressed": 96, "no_number": 41, "spreadsheet_damage": 12}
SUBMITTED = 10_000 - sum(REJECTED.values())
OPT_OUTS = 37
# The fates of a message: delivery status, operator code, weight.
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


def small() -> tuple[SubmissionRecord, list[Message]]:
    record = SubmissionRecord(
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
            tag=record.tag,
            receiver=f"+3363998000{number}",
            sender="MYSHOP",
            created_at=SENT_AT,
            sent_at=SENT_AT,
            delivered_at=SENT_AT + timedelta(seconds=4 + 5 * number),
            delivery_receipt=1,
            operator_code=4,
            operator="20801",
            delivery_status="delivered",
            segments=1,
        )
        for number in range(2)
    ]
    return record, messages


def large() -> tuple[SubmissionRecord, list[Message]]:
    record = SubmissionRecord(
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
                tag=record.tag,
                receiver=f"+336399{80000 + number:05d}",
                sender="MYSHOP",
                created_at=SENT_AT,
                sent_at=sent_at,
                delivered_at=delivered_at,
                delivery_receipt=None,
                operator_code=code,
                operator=draw.choice(["20801", "20810", "20815", "20820"]),
                delivery_status=delivery_status,
                segments=2 if number < 412 else 1,
            )
        )
    return record, messages


def collect(store: Store, record: SubmissionRecord, messages: list[Message], *, complete: bool = True) -> None:
    start_run(store, record)
    store.submissions.start(record)
    store.messages.save(record.tag, messages)
    store.submissions.finish(record.tag, compute(store, record.tag), complete=complete)


def start_run(store: Store, record: SubmissionRecord) -> None:
    """Record the run of a submission, as its tasks do before they submit it."""
    it, list_tag = record, f"c{record.tag}"[:20]
    store.runs.start_unprepared(
        RunRecord(
            list_tag=list_tag,
            dag_id=it.dag_id,
            run_id=it.run_id,
            campaign=it.campaign,
            account=it.account,
            sender=it.sender,
            marketing=it.marketing,
            rows=it.rows,
            accepted=it.accepted,
            rejected=it.rejected,
            batches=it.batches,
            credits_estimated=it.credits_estimated,
        )
    )
    batch = BatchRecord(list_tag=list_tag, batch=1, receivers=it.accepted, credits=it.credits_estimated, tag=it.tag)
    store.runs.named(list_tag, batch)


def fill(path: Path) -> Store:
    store = new_store(path, clock=FakeClock(SENT_AT + timedelta(hours=6, minutes=4)))
    for record, messages in (small(), large()):
        spent = float(sum(message.segments for message in messages))
        answer = {"sent_at": SENT_AT, "submitted": len(messages), "refused": 0, "credits_spent": spent}
        record = dataclasses.replace(record, **answer)
        collect(store, record, messages, complete=not record.marketing)
    delivered = [message for message in large()[1] if message.delivery_status == "delivered"]
    opt_outs = (OptOut(receiver=m.receiver, outgoing_id=m.outgoing_id) for m in delivered[:OPT_OUTS])
    store.opt_outs.save(large()[0].tag, opt_outs)
    return store
