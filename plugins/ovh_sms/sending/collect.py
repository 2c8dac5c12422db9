"""Collects the delivery statuses of a submission into the results: one export, then the opt-outs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.errors import ApiError
from ovh_sms.messaging.delivery_status import FINAL_RECEIPTS, delivery_status_of
from ovh_sms.private_files import private_file, private_folder, working_folder
from ovh_sms.sending.known_submission import check_known
from ovh_sms.sending.submission import Submission, folder_of
from ovh_sms.settings import campaign_folder, inside_data

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import OutgoingMessage
    from ovh_sms.store.models import Message, MessageColumns, OptOut, SubmissionRecord
    from ovh_sms.store.store import Store

#: Every delivery receipt that OVH documents; one call each lists the messages that have it.
RECEIPTS = (0, 1, 2, 4, 8, 16)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RunBatches:
    """The run of a submission, if the run has several batches.

    :param of: number of its batches.
    """

    dag_id: str
    run_id: str
    of: int
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Collected:
    """A submission whose messages are in the results.

    :param batch: its number among the ``batches`` of its run.
    :param run: its run, if that has several batches.
    """

    tag: str
    campaign: str
    batch: int
    batches: int
    complete: bool
    messages: int
    opt_outs: int
    folder: Path
    run: RunBatches | None

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        run = self.run and {**asdict(self.run), "folder": str(self.run.folder)}
        return {**asdict(self), "folder": str(self.folder), "run": run}

    @classmethod
    def from_xcom(cls, value: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` returned.

        :raises ConfigurationError: a folder is outside of the data folder.
        """
        plain = {name: value[name] for name in cls.__dataclass_fields__}
        run = plain["run"] and RunBatches(**{**plain["run"], "folder": inside_data(plain["run"]["folder"])})
        return cls(**{**plain, "folder": inside_data(plain["folder"]), "run": run})


def collect(client: OvhSmsClient, store: Store, submission: Submission, *, complete: bool) -> Collected:
    """Store the delivery status of every message of a submission; may be repeated.

    The caller then computes the figures and records that the submission is collected.

    Source: GET ``/sms/{serviceName}/outgoing``, ``/document``, ``/blacklists``.

    :raises ConfigurationError: the journal does not know the submission.
    :raises MissingRight: the key lacks a right to read the export, the messages or the opt-outs.
    :raises ApiError: OVH gives neither an export nor the messages.
    """
    check_known(store, submission)
    tag = submission.tag
    folder = private_folder(folder_of(submission, campaign_folder(submission.campaign, tag)))
    client.account.require("report")
    store.submissions.start(submission_record(submission))
    if complete:
        # Final messages change no more, and have no other receipt: OVH writes the export while they are listed.
        export = _start_export(client, tag)
        receipts = _receipts(client, tag, FINAL_RECEIPTS)
    else:
        receipts = _receipts(client, tag, RECEIPTS)
        export = _start_export(client, tag)
    with working_folder(folder) as place:
        path = place / "export.csv"
        messages = _store_messages(client, store, tag, receipts, export, path, marketing=submission.marketing)
    store.resent_messages.link(tag)
    opt_outs = store.opt_outs.save(tag, _opt_outs(client, store, tag, set(receipts)))
    log.info("collected tag=%s messages=%d opt_outs=%d complete=%s", tag, messages, opt_outs, complete)
    return Collected(
        tag=tag,
        campaign=submission.campaign,
        batch=submission.batch,
        batches=submission.batches,
        complete=complete,
        messages=messages,
        opt_outs=opt_outs,
        folder=folder,
        run=_run(submission),
    )


def _receipts(client: OvhSmsClient, tag: str, wanted: Iterable[int]) -> dict[int, int]:
    """List the messages of each delivery receipt: the receipt by OVH's id of the message."""
    return {number: receipt for receipt in wanted for number in client.outgoing.ids(tag=tag, delivery_receipt=receipt)}


def _start_export(client: OvhSmsClient, tag: str) -> str | None:
    """Ask OVH for the export; ``None`` if it starts none."""
    try:
        return client.outgoing.start_export(tag=tag)
    except ApiError as error:
        log.warning("No export from OVH (%s). The messages are read instead.", error)
        return None


def _store_messages(
    client: OvhSmsClient,
    store: Store,
    tag: str,
    receipts: dict[int, int],
    export: str | None,
    path: Path,
    *,
    marketing: bool,
) -> int:
    """Store from the export; from the messages one by one if there is none, or it fails or misses some."""
    exported: set[int] = set()
    if export is not None:
        try:
            blocks = _exported(client, export, tag, path, receipts, marketing=marketing)
            store.messages.save_columns(tag, _noting_ids(blocks, exported))
        except ApiError as error:
            log.warning("The export from OVH cannot be used (%s). The messages are read instead.", error)
        finally:
            path.unlink(missing_ok=True)  # it holds numbers and texts
    missing = [number for number in receipts if number not in exported]
    if missing:
        log.info("reading messages=%d: they are in no export", len(missing))
        listed = client.outgoing.iter(missing, progress=lambda n, of: log.info("read messages=%d of=%d", n, of))
        store.messages.save(tag, (_message_row(tag, item) for item in listed))
    return len(exported | set(receipts))


def _exported(
    client: OvhSmsClient, export: str, tag: str, path: Path, receipts: dict[int, int], *, marketing: bool
) -> Iterator[MessageColumns]:
    from ovh_sms.sending.export import read_export

    document = client.outgoing.wait_for_export(export)
    client.documents.download(document.get_url, path)
    private_file(path)
    yield from read_export(path, marketing=marketing, tag=tag, receipts=receipts)


def _noting_ids(blocks: Iterator[MessageColumns], noted: set[int]) -> Iterator[MessageColumns]:
    """Pass messages on, and note OVH's ids of them."""
    for block in blocks:
        noted.update(block["outgoing_id"])
        yield block


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
        operator=None,  # only the export has it
        delivery_status=delivery_status_of(item.delivery_receipt, item.operator_code).value,
        segments=item.segments,
    )


def _opt_outs(client: OvhSmsClient, store: Store, tag: str, ours: set[int]) -> Iterator[OptOut]:
    """Opt-outs that answer this submission: receivers of it that OVH's suppression list holds now.

    No number of the suppression list was in the prepared list, so they came since, unless OVH names another message.
    If it names none, the results keep the opt-out for the latest submission to that person.
    """
    from ovh_sms.store.models import OptOut

    listed = set(client.blacklists.numbers())
    receivers = [each for each in store.messages.receivers(tag) if each in listed] if listed else []
    for entry in client.blacklists.iter(receivers):
        if entry.outgoing_id is None or entry.outgoing_id in ours:
            yield OptOut(receiver=entry.number, opted_out_at=entry.created, outgoing_id=entry.outgoing_id)


def submission_record(submission: Submission) -> SubmissionRecord:
    """Return the results' row of a submission."""
    from ovh_sms.store.models import SubmissionRecord as Record

    it = submission
    # Nobody counted the receivers of a public address before.
    handed_over = (it.submitted or 0) + it.refused
    return Record(
        tag=it.tag,
        campaign=it.campaign,
        dag_id=it.dag_id,
        run_id=it.run_id,
        account=it.account,
        sender=it.sender,
        marketing=it.marketing,
        message_digest=it.message_digest,
        list_digest=it.list_digest,
        batches=it.batches,
        rows=handed_over if it.rows is None else it.rows,
        accepted=handed_over if it.accepted is None else it.accepted,
        rejected=it.rejected,
        credits_estimated=it.credits_estimated,
        submitted=it.submitted,
        refused=it.refused,
        messages=it.messages,
        credits_spent=it.credits_spent,
        sent_at=datetime.fromisoformat(it.submitted_at),
        awaited_until=datetime.fromisoformat(it.submitted_at) + timedelta(hours=it.collect.collect_within_hours),
        forced_by=it.forced_by,
    )


def _run(submission: Submission) -> RunBatches | None:
    if submission.batches == 1:
        return None
    return RunBatches(
        dag_id=submission.dag_id, run_id=submission.run_id, of=submission.batches, folder=inside_data(submission.folder)
    )
