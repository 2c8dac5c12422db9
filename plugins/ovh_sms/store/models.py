"""What the results hold: one sending of a campaign, one message, one STOP. Never a message's text."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple

from ovh_sms.errors import ConfigurationError

TAG_CHARACTERS = 20


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One sending of one campaign, from the prepared list to what it cost.

    All moments are aware; they come back in UTC. What is not known yet is ``None``.

    :param tag: names this sending at OVH; at most 20 ASCII characters.
    :param campaign: the campaign's name, as its file is called.
    :param dag_id: Airflow's DAG that sent it.
    :param run_id: Airflow's run that sent it.
    :param account: SMS account, such as ``sms-ab12345-1``.
    :param sender: name or number that receivers see; empty when they could answer.
    :param marketing: whether the messages carry a STOP clause.
    :param message_digest: digest of the message before merging.
    :param list_digest: digest of the prepared list.
    :param rows: rows of the contact list.
    :param accepted: rows that went into the prepared list.
    :param rejected: rows dropped, by reason.
    :param credits_estimated: credits the prepared list should cost; ``None`` where nobody estimated them.
    :param submitted: messages OVH took; ``None`` until sent.
    :param invalid: receivers OVH refused at sending.
    :param jobs: jobs OVH made of the sending.
    :param credits_spent: credits OVH took.
    :param prepared_at: when the sending entered the results; the store fills it in.
    :param sent_at: when OVH took the job.
    :param collected_at: when the delivery receipts were last collected.
    :param complete: whether every message was final then; ``None`` until collected.
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
    rejected: dict[str, int] = field(default_factory=dict)
    credits_estimated: float | None = None
    submitted: int | None = None
    invalid: int | None = None
    jobs: int | None = None
    credits_spent: float | None = None
    prepared_at: datetime | None = None
    sent_at: datetime | None = None
    collected_at: datetime | None = None
    complete: bool | None = None

    def __post_init__(self) -> None:
        _check_tag(self.tag, self.campaign)


def _check_tag(tag: str, campaign: str) -> None:
    if not 1 <= len(tag) <= TAG_CHARACTERS or not tag.isascii():
        raise ConfigurationError(
            f"The tag {tag!r} of campaign {campaign} cannot name a sending at OVH.",
            action=f"Use 1 to {TAG_CHARACTERS} ASCII characters.",
        )


BATCH, ORDER = "sending", "order"
#: An attempt may be at OVH (open), is known to be there (done), or is known not to be (void).
PENDING, SUCCEEDED, NOT_EXECUTED = "open", "done", "void"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt to hand one sending or one order to OVH.

    :param tag: names the sending or order.
    :param attempt: 1, then 2 where the first is known not to have reached OVH, and so on.
    :param kind: ``sending`` or ``order``.
    :param holder: the process that may make this attempt; unique, never used by another process.
    :param campaign: the campaign's name, as its file is called.
    :param dag_id: Airflow's DAG that sends it.
    :param run_id: Airflow's run that sends it.
    :param account: SMS account, such as ``sms-ab12345-1``.
    :param list_digest: digest of the list of receivers.
    :param message_digest: digest of the message before merging.
    :param state: ``open``, ``done`` or ``void``; a new one is open.
    :param opened_at: when the holder got it, in UTC; the store fills it in.
    :param facts: what a later try needs to find it at OVH: digests, counts, OVH's time and the credits left before.
    :param answer: what OVH answered, or what was found of it.
    :param source_digest: digest of the contact list that the list of receivers was prepared from.
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
    opened_at: datetime | None = None
    facts: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    source_digest: str | None = None

    def __post_init__(self) -> None:
        _check_tag(self.tag, self.campaign)
        if self.attempt < 1 or self.kind not in {BATCH, ORDER} or not self.holder:
            raise ConfigurationError(
                f"Attempt {self.attempt} of {self.tag} ({self.kind}, holder {self.holder!r}) cannot be kept.",
                action="Count attempts from 1, name a holder, and call it a sending or an order.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as OVH last showed it.

    :param outgoing_id: OVH's id of the message.
    :param tag: the sending it belongs to.
    :param receiver: phone number, E.164.
    :param sender: what the receiver saw.
    :param created_at: when OVH took it.
    :param sent_at: when it left for the operator.
    :param delivered_at: when the phone had it.
    :param delivery_receipt: OVH's ``deliveryReceipt``; ``None`` where it came from an export.
    :param operator_code: OVH's ``ptt``, the operator's detail.
    :param operator: the operator's own code, such as ``20801``.
    :param delivery_status: a value of :class:`ovh_sms.messaging.delivery_status.DeliveryStatus`.
    :param parts: SMS parts, each of them one credit in France.
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
    parts: int
    created_at: datetime | None = None


MESSAGE_FIELDS = tuple(field.name for field in fields(Message))


@dataclass(frozen=True, kw_only=True, slots=True)
class OptOut:
    """A person who answered STOP to a campaign.

    :param receiver: phone number, E.164.
    :param stopped_at: when OVH put the number on the blacklist.
    :param outgoing_id: the message that was answered, where OVH names it.
    """

    receiver: str
    stopped_at: datetime | None = None
    outgoing_id: int | None = None


class MessageDelivery(NamedTuple):
    """What figures need of one message: no phone number."""

    delivery_status: str
    operator_code: int | None
    sent_at: datetime | None
    delivered_at: datetime | None
