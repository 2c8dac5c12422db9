"""Rebuilds lost results of an account from OVH's export: submissions, messages, figures and, as far as known, runs.

OVH shows no list, no rejected row, no estimate, no credits and no delivery receipt. The journal is not touched: what a
run may send is decided by it alone, and by ``ovh-sms db restored``.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.messaging.delivery_status import DeliveryStatus
from ovh_sms.messaging.tag import is_tag
from ovh_sms.private_files import machine_folder, private_file
from ovh_sms.sending.payer import of_deleted_too
from ovh_sms.store.models import REBUILT, SubmissionRecord

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.message_figures import MessageFigures
    from ovh_sms.store.models import MessageColumns
    from ovh_sms.store.store import Store

#: OVH writes so much into one document, so that each stays small.
WINDOW = timedelta(days=31)
#: A tag of this package: other programs on the account have others, and their messages are none of ours.
_OWN_TAG = re.compile(r"c[a-z2-7]{19}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class KnownRun:
    """The run of a tag, as Airflow knows it."""

    dag_id: str
    run_id: str
    campaign: str
    marketing: bool
    list_tag: str
    batch: int


@dataclass
class Counts:
    """Counts of what was read.

    :ivar submissions: recorded; ``runs`` of them are known, and ``unknown_tags`` belong to no run that Airflow knows.
    :ivar known: messages of submissions that the results know already: they stay as they are.
    :ivar others: messages of other tags, or without one: they are not stored.
    """

    submissions: int = 0
    messages: int = 0
    runs: int = 0
    unknown_tags: list[str] = field(default_factory=list)
    known: int = 0
    others: int = 0


@dataclass(frozen=True, kw_only=True)
class RebuildResults:
    """Reads the messages of one account again.

    :param users: logins that may have sent: OVH may list their messages for them alone.
    :param runs: the runs that Airflow knows, by tag.
    :param tags: tags that people gave by hand.
    """

    client: OvhSmsClient
    store: Store
    runs: Mapping[str, KnownRun]
    users: Sequence[str] = ()
    tags: frozenset[str] = frozenset()

    def run(self, since: datetime, until: datetime) -> tuple[Counts, list[SubmissionRecord]]:
        """Store what OVH shows of a time; may be repeated. The caller then computes the figures, for :meth:`finish`.

        Source: GET ``/sms/{serviceName}/document``, and the same of each user.

        :raises ovh_sms.errors.ApiError: OVH gives no export; what was stored before stays.
        """
        counts, counted, touched = Counts(), Counter[str](), dict[str, SubmissionRecord]()
        for path in self._exports(since, until):
            untouchable = self._untouchable(path, counts)
            for tag, columns in self._read(path, untouchable):
                if tag not in touched and self._is_recorded(tag):
                    untouchable.add(tag)
                    continue
                record = self._start(tag, columns, touched.get(tag))
                touched[tag] = record
                self.store.messages.save_columns(tag, [columns])
                counted[tag] += len(columns["tag"])
            log.info("rebuilt messages=%d submissions=%d", counted.total(), len(touched))
        counts.submissions = len(touched)
        counts.unknown_tags = sorted(touched.keys() - self.runs.keys())
        known = [self.runs[tag] for tag in touched if tag in self.runs]
        counts.runs = len({(each.dag_id, each.run_id) for each in known})
        return counts, list(touched.values())

    def _exports(self, since: datetime, until: datetime) -> Iterator[Path]:
        """Have OVH write one document after the other; each is removed once it is read."""
        clients = [self.client, *(self.client.as_user(login) for login in self.users)]
        clients = [each for each in clients if not each.user or of_deleted_too(each).user]
        with machine_folder() as folder:
            for client in clients:
                begin = since
                while begin < until:
                    end = min(begin + WINDOW, until)
                    path = private_file(folder / "export.csv")
                    document = client.outgoing.export(created_from=begin, created_to=end)
                    client.documents.download(document.get_url, path)
                    yield path
                    path.unlink()
                    begin = end

    def _untouchable(self, path: Path, counts: Counts) -> set[str]:
        """Count what is not stored; returns the tags of submissions that the results know by themselves."""
        from ovh_sms.sending.export import export_blocks

        counted = Counter[str]()
        for block in export_blocks(path):
            counted.update(block["tag"])
        ours = {tag for tag in counted if self._is_ours(tag)}
        known = self.store.rebuilt.not_to_touch(ours)
        counts.others += sum(number for tag, number in counted.items() if tag not in ours)
        counts.known += sum(counted[tag] for tag in known)
        return known

    def _read(self, path: Path, untouchable: set[str]) -> Iterator[tuple[str, MessageColumns]]:
        from ovh_sms.sending.export import read_by_tag

        return read_by_tag(
            path,
            wanted=lambda tag: self._is_ours(tag) and tag not in untouchable,
            marketing=lambda tag: tag in self.runs and self.runs[tag].marketing,
        )

    def _is_recorded(self, tag: str) -> bool:
        """Whether its own task has recorded a submission meanwhile, or its messages were purged: tasks may go on."""
        return bool(self.store.rebuilt.not_to_touch([tag]))

    def _is_ours(self, tag: str) -> bool:
        return is_tag(tag) and (tag in self.runs or tag in self.tags or _OWN_TAG.fullmatch(tag) is not None)

    def _start(self, tag: str, columns: MessageColumns, before: SubmissionRecord | None) -> SubmissionRecord:
        """Record a submission before its first messages, which belong to it."""
        at = min((each for each in columns["created_at"] if each), default=None)
        if before is not None:
            earliest = min((each for each in (before.sent_at, at) if each), default=None)
            return before if earliest == before.sent_at else replace(before, sent_at=earliest)
        run = self.runs.get(tag)
        record = SubmissionRecord(
            tag=tag,
            campaign=run.campaign if run else REBUILT,
            dag_id=run.dag_id if run else REBUILT,
            run_id=run.run_id if run else tag,
            account=self.client.account_name,
            sender=columns["sender"][0],
            marketing=run.marketing if run else False,
            message_digest="",
            list_digest="",  # by this it is known that no task has recorded it
            rows=0,
            accepted=0,
            sent_at=at,
        )
        self.store.submissions.start(record)
        return record

    def finish(self, record: SubmissionRecord, figures: MessageFigures) -> int:
        """Record the figures of a submission, and show its run; returns the number of its messages.

        Of one that its own task has recorded meanwhile, nothing.

        :param record: of :meth:`run`.
        :param figures: computed from its messages.
        """
        if self._is_recorded(record.tag):
            return 0
        number, batches = figures.messages, self._batches[record.dag_id, record.run_id]
        more: dict[str, Any] = {"rows": number, "accepted": number, "submitted": number, "messages": number}
        self.store.submissions.start(replace(record, **more, refused=0, batches=max(batches, 1)))
        is_complete = not figures.count(DeliveryStatus.PENDING)
        self.store.submissions.finish(record.tag, figures, complete=is_complete)
        self._show_run(record, number)
        return number

    @cached_property
    def _batches(self) -> Counter[tuple[str, str]]:
        return Counter((each.dag_id, each.run_id) for each in self.runs.values())

    def _show_run(self, record: SubmissionRecord, messages: int) -> None:
        """Record the run, so that pages and commands show it."""
        from ovh_sms.store.run_records import BatchRecord, RunRecord

        run = self.runs.get(record.tag)
        if run is None:
            return
        self.store.runs.start_unprepared(
            RunRecord(
                list_tag=run.list_tag,
                dag_id=run.dag_id,
                run_id=run.run_id,
                campaign=run.campaign,
                account=record.account,
                sender=record.sender,
                marketing=run.marketing,
                started_at=record.sent_at,
            )
        )
        batch = BatchRecord(list_tag=run.list_tag, batch=run.batch, receivers=messages, credits=None, tag=record.tag)
        self.store.runs.named(run.list_tag, batch)
