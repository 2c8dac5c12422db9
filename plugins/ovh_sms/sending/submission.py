"""One bulk request at OVH with its result, as tasks hand it on; and whether the answer accounts for every receiver."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.errors import ConfigurationError, RequestRefused, ResolutionRequired, SentMoreThanOnce, WrongReceivers
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.sending.receiver_files import UNEXPECTED
from ovh_sms.settings import inside_data

if TYPE_CHECKING:
    from ovh_sms.api.models import SubmissionResult
    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.sending.receivers_slots import UploadedReceivers

#: A later try with another one of these must not pass for the first.
IDENTITY = {
    "message_digest": "message",
    "list_digest": "list",
    "sender": "sender",
    "marketing": "STOP clause",  # part of what people read
    "account": "account",
    "user": "user",
}


def digest_of(*texts: str) -> str:
    """Return the SHA-256 of texts that must not be stored themselves: a message, numbers, an address."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class BatchReceivers:
    """The receivers of one batch, in counts and digests.

    :param source_digest: of the contact list that they were prepared from, if known.
    :param list_path: prepared list of the batch; empty if there is none.
    :param folder: folder of the run's whole prepared list.
    :param rows: rows of the contact list that the batch accounts for; ``None`` if nobody counted them.
    :param expected: receivers given to OVH; ``None`` if nobody counted them.
    :param submitted_path: list that OVH is given in place of that one, as people opted out since; empty if none did.
    :param submitted_digest: its SHA-256.
    """

    list_digest: str
    source_digest: str | None = None
    list_path: str = ""
    folder: str = ""
    batch: int = 1
    batches: int = 1
    rows: int | None = None
    accepted: int | None = None
    rejected: dict[str, int] = field(default_factory=dict)
    credits_estimated: float | None = None
    expected: int | None = None
    submitted_path: str = ""
    submitted_digest: str = ""

    @property
    def submitted_list(self) -> str:
        """The list that OVH is given; empty if it is no file."""
        return self.submitted_path or self.list_path


def batch_receivers(
    *, batch: Batch | None, slot: UploadedReceivers | None, numbers: Sequence[str] | None, document_url: str | None
) -> BatchReceivers:
    """Describe the receivers of a batch, whichever way they reach OVH."""
    expected = slot.records if slot else len(numbers) if numbers else None
    if batch:
        return BatchReceivers(
            list_digest=batch.digest,
            source_digest=batch.source_digest,
            list_path=str(batch.list_path),
            folder=str(batch.folder),
            batch=batch.batch,
            batches=batch.of,
            rows=batch.rows,
            accepted=batch.accepted,
            rejected=batch.rejected,
            credits_estimated=batch.credits,
            expected=expected,
        )
    digest = digest_of(*sorted(numbers)) if numbers else slot.digest if slot else digest_of(document_url or "")
    return BatchReceivers(list_digest=digest, rows=expected, accepted=expected, expected=expected)


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """Settings for collecting the report of a submission.

    :param collect_within_hours: hours after the submission at which the wait for receipts ends.
    :param stop_window_minutes: minutes to wait for STOPs once every message is final.
    :param poll_interval_seconds: seconds between two counts of the delivery receipts.
    :param stop_threshold: STOPs per 1,000 delivered messages above which somebody is notified, and later batches wait.
    :param notify: notifiers that report the figures, each ``{"notifier": class, "arguments": {…}}``.
    """

    collect_within_hours: float = 72
    stop_window_minutes: float = 60
    poll_interval_seconds: float = 60
    stop_threshold: float | None = None
    notify: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Submission(BatchReceivers):
    """One batch given to OVH and what OVH made of it. It holds no numbers and no texts.

    :param sender: shown sender; empty if receivers answer to a short number.
    :param marketing: whether the messages carry the STOP clause.
    :param submitted: messages that OVH accepted; ``None`` before the submission.
    :param credits_spent: credits that OVH took; ``None`` if nobody knows.
    :param submitted_at: ISO 8601.
    :param unexpected: receivers of OVH's answer that are not on the list.
    :param resolution: ``sent`` if a person resolved an unknown outcome so.
    :param ovh_batch: OVH's id of the OVH batch; empty if it was not submitted as one.
    :param user: login of the account's user who sends; empty if the account itself does.
    :param forced_by: who let the run repeat a message to the same people; ``None`` if nobody did.
    """

    tag: str
    campaign: str
    dag_id: str
    run_id: str
    connection: str
    account: str
    sender: str
    marketing: bool
    message_digest: str
    collect: CollectSettings = CollectSettings()
    submitted: int | None = None
    refused: int = 0
    messages: int | None = None
    credits_spent: float | None = None
    submitted_at: str = ""
    unexpected: int = 0
    resolution: str | None = None
    ovh_batch: str = ""
    user: str = ""
    forced_by: str | None = None

    @property
    def accounted(self) -> int | None:
        """Most messages that OVH's answer accounts for; ``None`` if nobody knows."""
        known = [count for count in (self.submitted, self.messages) if count is not None]
        return max(known, default=self.expected)

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values for Airflow, without the notifiers: their arguments may be addresses and numbers."""
        plain = self.to_journal()
        del plain["collect"]["notify"]
        return plain

    def to_journal(self) -> dict[str, Any]:
        """Return every field as plain JSON values; the report finds the notifiers there."""
        plain = asdict(self)
        plain["collect"]["notify"] = list(self.collect.notify)  # as JSON has it
        return plain

    @classmethod
    def from_xcom(cls, plain: Mapping[str, Any]) -> Self:
        """Read :meth:`to_xcom` or :meth:`to_journal` back; other keys are ignored.

        :raises ConfigurationError: a field is missing, so this is no submission.
        """
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in plain.items() if name in known}
        try:
            return cls(**{**values, "collect": _collect_settings(values.get("collect", {}))})
        except TypeError as error:
            raise ConfigurationError(
                f"This is no submission: {error}.", action="Give the output of SendJobOperator. Nothing was done."
            ) from None

    def without(self, people: int, path: Path, digest: str) -> Self:
        """Return the submission without people who opted out since its list was prepared; it stays the same batch.

        :param path: list of those who are left.
        """
        counted = self.accepted if self.accepted is not None else self.expected or 0
        given = self.expected if self.expected is not None else counted
        return replace(
            self,
            accepted=counted - people,
            expected=given - people,
            rejected={**self.rejected, RejectReason.OPTED_OUT_SINCE.value: people},
            submitted_path=str(path),
            submitted_digest=digest,
        )

    def answered(self, answer: SubmissionResult, at: datetime) -> Self:
        """Return the submission with OVH's answer."""
        return replace(
            self,
            submitted=len(answer.accepted),
            refused=len(answer.refused),
            messages=len(answer.ids),
            credits_spent=answer.credits_removed,
            submitted_at=at.isoformat(),
        )

    def found(self, messages: int, *, credits_spent: float | None, at: str) -> Self:
        """Return the submission with what OVH shows of it, if its answer was lost."""
        return replace(
            self, submitted=messages, refused=0, messages=messages, credits_spent=credits_spent, submitted_at=at
        )


def _collect_settings(plain: Mapping[str, Any]) -> CollectSettings:
    """Read settings back: JSON has lists only."""
    return CollectSettings(**{**plain, "notify": tuple(plain.get("notify", ()))})


def check_complete(submission: Submission) -> None:
    """Make sure that OVH's answer accounts for every receiver.

    :raises RequestRefused: OVH accepted nobody.
    :raises ResolutionRequired: OVH names other counts than it was given.
    :raises WrongReceivers: OVH names people that it was not given.
    """
    it = submission
    if it.unexpected:
        raise WrongReceivers(
            f"OVH sent to {it.unexpected} numbers that are not on the list of the batch with the tag {it.tag}: "
            "the receivers slot was replaced right before the submission.",
            action=f"The numbers are in {UNEXPECTED} beside the list. 'ovh-sms cancel' withdraws the messages that "
            "still wait. This run sends nothing again.",
        )
    if not it.submitted:
        raise RequestRefused(
            f"OVH accepted none of the receivers ({it.refused} refused).",
            action="Nothing was sent. Check the refused receivers beside the prepared list.",
        )
    if (it.expected is not None and it.submitted + it.refused != it.expected) or it.messages == 0:
        raise ResolutionRequired(
            f"OVH's answer to the batch with the tag {it.tag} does not account for every receiver: it was given "
            f"{it.expected}, accepted {it.submitted}, refused {it.refused}, and made {it.messages} messages.",
            action="This run sends nothing again. Search for the tag in OVH's manager.",
        )


def check_sent_once(submission: Submission, listed: int) -> None:
    """Make sure that OVH lists no more messages than its answer accounts for.

    :param listed: messages with the submission's tag that OVH lists.
    :raises SentMoreThanOnce: names the number of surplus messages.
    """
    surplus = 0 if submission.accounted is None else listed - submission.accounted
    if surplus > 0:
        raise SentMoreThanOnce(
            f"OVH made {surplus} messages more under the tag {submission.tag} than its answer accounts for "
            f"({submission.accounted}): a proxy has probably repeated the request, and some people got the message "
            "more than once.",
            action="Nothing is sent again. The results hold every message. 'ovh-sms cancel' withdraws those that still "
            "wait. Then find what repeats POST requests between the workers and OVH.",
        )


def folder_of(submission: Submission, campaign_folder: Path) -> Path:
    """Return the folder of a submission's files: beside its prepared list, or one of its own.

    :raises ConfigurationError: the prepared list is outside of the data folder.
    """
    return inside_data(submission.list_path).parent if submission.list_path else campaign_folder
