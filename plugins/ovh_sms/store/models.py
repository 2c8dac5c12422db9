"""The rows of the store as typed values. None of them holds a message's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from ovh_sms.errors import ConfigurationError, NotMade
from ovh_sms.messaging.tag import check_tag

#: Writes that cost credits or money, or reach people. One need of credits gets one order or one transfer.
BATCH, ORDER, PAY, TRANSFER, ANSWER, OUTBOX, TEST = "batch", "order", "pay", "transfer", "answer", "outbox", "test"
SENDER, NUMBER_CHECK = "sender", "number_check"
USER = "user"  # of an account: created, changed or deleted
KINDS = (BATCH, ORDER, PAY, TRANSFER, ANSWER, OUTBOX, TEST, SENDER, NUMBER_CHECK, USER)
#: Kinds whose messages may wait at OVH.
MESSAGES = (BATCH, ANSWER, OUTBOX, TEST)
#: Kinds with keys of their own: they are no repetition of what a run sends, and a run repeats none of them.
WITH_OWN_KEYS = (ANSWER, OUTBOX, TEST)
DEPOSITS = (ORDER, TRANSFER)
#: DAG of the attempts at orders, payments and transfers: every DAG shares them. Their run is their tag.
CREDITS_DAG = "credits"
#: DAG of the attempts at answers to replies: one reply gets one answer of a rule, by any DAG. Their run is their tag.
ANSWERS_DAG = "answers"
#: DAG of the attempts at test messages of campaigns; their run is their tag.
TESTS_DAG = "tests"
#: DAG of the attempts at groups of the outbox, by whichever task or program. Their run is their tag.
OUTBOX_DAG = "outbox"
#: DAG of the attempts at users of accounts, by any DAG. Their run is their tag.
USERS_DAG = "users"
#: An attempt may be at OVH, is known to be there, is known not to be, cannot be decided, or was refused by OVH. A proxy
#: may have repeated a refused one: it is over for other runs, and its own task makes sure before it tries again.
PENDING, SUCCEEDED, NOT_EXECUTED, UNKNOWN = "pending", "succeeded", "not_executed", "unknown"
REFUSED = "refused"
STATES = (PENDING, SUCCEEDED, NOT_EXECUTED, UNKNOWN, REFUSED)
OVER = (NOT_EXECUTED, REFUSED)
#: DAG and campaign of attempts whose run nobody knows: OVH showed them after the database was restored.
RESTORED = "(restored)"
#: DAG and campaign of submissions that were recorded again from OVH's export, and whose run nobody knows.
REBUILT = "(rebuilt)"

#: OVH holds a message no longer than this.
LONGEST_WAIT = timedelta(days=14)
#: Receipts may come for so long after a submission; figures collected before are provisional unless all is final.
PROVISIONAL_FOR = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class SubmissionRecord:
    """One submission of one campaign, from the prepared list to its cost.

    All moments are aware; they come back in UTC. ``None`` means: not known yet.

    :param tag: the submission's label at OVH; see :mod:`ovh_sms.messaging.tag`.
    :param sender: name or number that receivers see; empty if they could answer.
    :param message_digest: digest of the message before merging.
    :param accepted: rows that went into the batch.
    :param credits_estimated: credits the batch should cost; ``None`` without an estimate.
    :param refused: receivers OVH refused at the submission.
    :param recorded_at: when this row was made; the store fills it in.
    :param collected_at: when the delivery receipts were last collected.
    :param complete: whether every message was final then.
    :param delivered: messages delivered, counted then; ``failed`` and ``expired`` ones did not reach the phone.
    :param counted: all messages that were there then.
    :param awaited_until: when the wait for delivery receipts ends.
    :param purged_at: when its messages were purged, as ``OVH_SMS_RETENTION_DAYS`` asks; its figures stay.
    :param forced_by: who let the run repeat a message to the same people; ``None`` if nobody did.
    """

    tag: str
    campaign: str
    dag_id: str
    run_id: str
    account: str
    sender: str
    marketing: bool
    message_digest: str
    list_digest: str
    rows: int
    accepted: int
    batches: int = 1
    rejected: dict[str, int] = field(default_factory=dict)
    credits_estimated: float | None = None
    submitted: int | None = None
    refused: int | None = None
    messages: int | None = None
    credits_spent: float | None = None
    recorded_at: datetime | None = None
    sent_at: datetime | None = None
    collected_at: datetime | None = None
    complete: bool | None = None
    delivered: int | None = None
    failed: int | None = None
    expired: int | None = None
    counted: int | None = None
    awaited_until: datetime | None = None
    purged_at: datetime | None = None
    forced_by: str | None = None

    def __post_init__(self) -> None:
        check_tag(self.tag)

    @property
    def is_provisional(self) -> bool:
        """Whether the figures may still change: some messages were open at the last collection, which was early."""
        if self.collected_at is None or self.complete:
            return self.collected_at is None
        return self.sent_at is None or self.collected_at < self.sent_at + PROVISIONAL_FOR


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt at one batch, order, payment, transfer, answer, test message, group of the outbox or user.

    :param attempt: 1, then 2 if the first certainly did not reach OVH, and so on.
    :param holder: the process that may make this attempt; unique, never used by another process.
    :param state: one of ``STATES``; a new attempt is pending.
    :param claimed_at: when the holder claimed it, in UTC; the store fills it in.
    :param snapshot: what a later try needs to find it at OVH: digests, counts, OVH's time and the credits before it.
    :param map_index: of the mapped task instance that made it; -1 if the task is not mapped.
    :param need: key of the need of credits that an order or a transfer covers; empty for other writes.
    :param observations: what was observed of it at OVH, in order, since its answer was lost.
    :param question: what a person is asked about it, if its outcome is unknown.
    :param resolution: the person's answer: ``code``, ``way``, ``by``, ``at``.
    """

    tag: str
    attempt: int
    kind: str
    holder: str
    campaign: str
    dag_id: str
    run_id: str
    account: str
    list_digest: str
    message_digest: str
    state: str = PENDING
    claimed_at: datetime | None = None
    snapshot: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    task_id: str = ""
    map_index: int = -1
    need: str = ""
    observations: list[dict[str, Any]] | None = None
    question: dict[str, Any] | None = None
    resolution: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        check_tag(self.tag)
        known = self.kind in KINDS and self.state in STATES
        if self.attempt < 1 or not known or not self.holder:
            raise ConfigurationError(
                f"Attempt {self.attempt} of {self.tag} ({self.kind}, {self.state}, holder {self.holder!r}) cannot be "
                "recorded.",
                action="Nothing was sent. Count attempts from 1, name a holder, and use a known kind and state.",
            )


class NeedCovered(NotMade):
    """An order or a transfer covers the need of credits already, or may. No second one is made.

    :param kind: ``order`` or ``transfer``.
    :param tag: of its attempt.
    :param state: of its attempt: ``pending``, ``succeeded`` or ``unknown``.
    """

    def __init__(self, kind: str, tag: str, state: str) -> None:
        self.kind, self.tag, self.state = kind, tag, state
        one = "An order" if kind == ORDER else "A transfer"
        super().__init__(
            f"{one} of credits covers this need, or may (tag {tag}, {state}).",
            action="No second one was made. If it is unknown, resolve it first.",
        )


class JournaledOrder(NamedTuple):
    """An order of credits that was made."""

    quantity: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """A person's answer to the question about an unknown outcome.

    :param way: ``sent``: it was made, nothing is done again; ``send``: OVH has nothing of it, it is made now.
    :param by: the person, as the system names them.
    :param at: ISO 8601.
    :param although_credits_are_gone: send even if exactly its credits are missing.
    """

    way: str
    by: str
    at: str
    although_credits_are_gone: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read what the journal holds."""
        return cls(**{each.name: stored[each.name] for each in fields(cls)})

    def check(self, tag: str, code: str, attempt: Attempt | None) -> None:
        """Refuse an answer to no question, or to another one.

        :raises ConfigurationError: says which.
        """
        nothing = "Nothing was resolved."
        if attempt is None or not attempt.question:
            raise ConfigurationError(
                f"No outcome with the tag {tag} is unknown.", action=f"{nothing} Copy the tag from the task's error."
            )
        if attempt.question["code"] != code:
            raise ConfigurationError(
                f"{code} is not the code of the question about {tag}.",
                action=f"{nothing} Copy the code from the newest error of the task.",
            )
        if attempt.resolution:
            raise ConfigurationError(
                f"{tag} was resolved already as {attempt.resolution['way']} by {attempt.resolution['by']}.",
                action=f"{nothing} Clear the task in Airflow: it follows the resolution.",
            )
        if self.way == "send" and attempt.question["credits_missing"] and not self.although_credits_are_gone:
            raise ConfigurationError(
                f"Credits are missing as if OVH had executed {tag}: 'send' would probably send it twice.",
                action=f"{nothing} Wait until OVH lists the messages, or use 'sent'. If you know where the credits "
                "went, add --although-credits-are-gone.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as OVH last showed it.

    :param outgoing_id: OVH's id of the message.
    :param sent_at: when it left for the operator.
    :param delivery_receipt: OVH's number of the delivery receipt; ``None`` if the message comes from an export.
    :param operator_code: the operator's detail.
    :param operator: the operator's own code, such as ``20801``.
    :param delivery_status: a value of :class:`ovh_sms.messaging.delivery_status.DeliveryStatus`.
    :param segments: SMS segments, each of them one credit in France.
    :param operator_words: the operator's own words for its code; only the export has them.
    """

    outgoing_id: int
    tag: str
    receiver: str
    sender: str
    sent_at: datetime | None
    delivered_at: datetime | None
    delivery_receipt: int | None
    operator_code: int | None
    operator: str | None
    delivery_status: str
    segments: int
    created_at: datetime | None = None
    operator_words: str | None = None


MESSAGE_FIELDS = tuple(field.name for field in fields(Message))
#: Some messages as columns: the values of each field by its name.
MessageColumns = Mapping[str, Sequence[Any]]


def messages_in(columns: MessageColumns) -> Iterator[Message]:
    """Read the messages of some columns one by one."""
    for values in zip(*(columns[name] for name in MESSAGE_FIELDS), strict=True):
        yield Message(**dict(zip(MESSAGE_FIELDS, values, strict=True)))


@dataclass(frozen=True, kw_only=True, slots=True)
class OptOut:
    """A person who answered STOP to a campaign.

    :param receiver: phone number, E.164.
    :param opted_out_at: when OVH put the number on its suppression list.
    :param outgoing_id: the message that was answered, if OVH names it.
    """

    receiver: str
    opted_out_at: datetime | None = None
    outgoing_id: int | None = None
