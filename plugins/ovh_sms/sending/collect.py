"""Collect what became of a sending: one export, then the STOPs, into the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ApiError
from ovh_sms.messaging.delivery_status import FINAL_RECEIPTS, PENDING_RECEIPTS, delivery_status_of
from ovh_sms.private_files import private_file, private_folder
from ovh_sms.settings import campaign_folder

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import OutgoingMessage
    from ovh_sms.store.models import Message, OptOut, SubmissionRecord
    from ovh_sms.store.store import Store

    Log = logging.Logger | Any

#: Every delivery receipt OVH documents; one call each tells the receipt of every message.
RECEIPTS = tuple(sorted((*PENDING_RECEIPTS, *FINAL_RECEIPTS)))


def collect(
    client: OvhSmsClient, store: Store, sending: dict[str, Any], *, complete: bool, log: Log
) -> dict[str, Any]:
    """Store what became of every message of a sending; may be repeated.

    :param client: client of the account the sending was made with.
    :param store: the results.
    :param sending: output of :class:`~ovh_sms.operators.send_job.SendJobOperator`.
    :param complete: whether every message was final.
    :param log: where progress is shown.
    :returns: ``{"tag", "campaign", "complete", "messages", "stops", "folder"}``; of one piece of several also
        ``{"whole": {"dag_id", "run_id", "pieces", "folder"}}``.
    :raises ApiError: where OVH gives neither an export nor the messages themselves.

    Rests on GET /sms/{serviceName}/outgoing, /document, /blacklists.
    """
    tag = sending["tag"]
    folder = private_folder(_folder(sending))
    store.submissions.start(_campaign_run(sending))
    receipts = {
        number: receipt
        for receipt in RECEIPTS
        for number in client.outgoing.ids(tag=tag, delivery_receipt=receipt)
    }
    messages = _store_messages(client, store, sending, receipts, folder / "export.csv", log)
    stops = store.opt_outs.save(tag, _stops(client, store, tag, set(receipts)))
    log.info("Tag %s: %d messages and %d STOPs are in the results", tag, messages, stops)
    collected = {
        "tag": tag,
        "campaign": sending["campaign"],
        "complete": complete,
        "messages": messages,
        "stops": stops,
        "folder": str(folder),
    }
    if sending.get("batches", 1) > 1:
        collected["whole"] = {name: sending[name] for name in ("dag_id", "run_id", "batches", "folder")}
    return collected


def _store_messages(
    client: OvhSmsClient,
    store: Store,
    sending: dict[str, Any],
    receipts: dict[int, int],
    path: Path,
    log: Log,
) -> int:
    """Store from the export; from the messages one by one where the export fails or misses some."""
    tag = sending["tag"]
    seen: set[int] = set()
    try:
        rows = _exported(client, tag, path, marketing=sending["marketing"])
        store.messages.save(tag, _with_receipts(rows, receipts, seen.add))
    except ApiError as error:
        log.warning("No export from OVH (%s): reading the messages instead", error)
    finally:
        path.unlink(missing_ok=True)  # it holds numbers and texts
    missing = [number for number in receipts if number not in seen]
    if missing:
        log.info("Reading %d messages that no export held", len(missing))
        listed = client.outgoing.iter(missing, progress=lambda n, of: log.info("%d of %d read", n, of))
        store.messages.save(tag, (_message_row(tag, item) for item in listed))
    return len(seen | set(receipts))


def _exported(client: OvhSmsClient, tag: str, path: Path, *, marketing: bool) -> Iterator[Message]:
    from ovh_sms.sending.export import read_export

    document = client.outgoing.export(tag=tag)
    client.documents.download(document.get_url, path)
    private_file(path)
    yield from read_export(path, marketing=marketing, tag=tag)


def _with_receipts(
    rows: Iterator[Message], receipts: dict[int, int], seen: Callable[[int], None]
) -> Iterator[Message]:
    """Classify each message by its delivery receipt, which the export does not hold."""
    for row in rows:
        receipt = receipts.get(row.outgoing_id)
        seen(row.outgoing_id)
        if receipt is None:
            yield row
        else:
            result = delivery_status_of(receipt, row.operator_code)
            yield replace(row, delivery_receipt=receipt, delivery_status=result.value)


def _message_row(tag: str, item: OutgoingMessage) -> Message:
    from ovh_sms.store.models import Message

    return Message(
        outgoing_id=item.id,
        tag=tag,
        receiver=item.receiver,
        sender=item.sender,
        created_at=item.created,
        sent_at=item.sent_at,
        delivered_at=item.delivered_at,
        delivery_receipt=item.delivery_receipt,
        operator_code=item.operator_code,
        operator=None,  # only the export tells it
        delivery_status=delivery_status_of(item.delivery_receipt, item.operator_code).value,
        segments=item.segments,
    )


def _stops(client: OvhSmsClient, store: Store, tag: str, ours: set[int]) -> Iterator[OptOut]:
    """STOPs that answer this sending: receivers of it whom the blacklist holds now.

    Nobody on the blacklist was in the prepared list, so they came since, unless OVH names another message.
    Where it names none, the results keep the STOP for the latest sending that reached that person.
    """
    from ovh_sms.store.models import OptOut

    listed = set(client.blacklists.numbers())
    receivers = [row.receiver for row in store.messages.iter(tag) if row.receiver in listed] if listed else []
    for entry in client.blacklists.iter(receivers):
        if entry.outgoing_id is None or entry.outgoing_id in ours:
            yield OptOut(receiver=entry.number, opted_out_at=entry.created, outgoing_id=entry.outgoing_id)


def _campaign_run(sending: dict[str, Any]) -> SubmissionRecord:
    from ovh_sms.store.models import SubmissionRecord

    same = ("tag", "campaign", "dag_id", "run_id", "account", "sender", "marketing", "message_digest")
    found = ("list_digest", "batches", "rejected", "submitted", "credits_spent")
    estimated = sending["credits_estimated"]  # unknown for a sending without a prepared list
    handed_over = (
        sending["submitted"] + sending["refused"]
    )  # a document of the user's own is not counted before
    return SubmissionRecord(
        rows=handed_over if sending["rows"] is None else sending["rows"],
        accepted=handed_over if sending["accepted"] is None else sending["accepted"],
        **{name: sending[name] for name in (*same, *found)},
        credits_estimated=None if estimated is None else float(estimated),
        refused=sending["refused"],
        messages=sending["messages"],
        sent_at=datetime.fromisoformat(sending["submitted_at"]),
    )


def _folder(sending: dict[str, Any]) -> Path:
    """Beside the prepared list, where there is one."""
    if sending["list_path"]:
        return Path(sending["list_path"]).parent
    return campaign_folder(sending["campaign"], sending["tag"])
