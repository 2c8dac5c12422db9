"""The messages that a resend of a run would send, and their cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from ovh_sms.campaign.dag_ids import campaign_dag_id
from ovh_sms.errors import ConfigurationError
from ovh_sms.sending.receiver_files import digits
from ovh_sms.store.resends import TEMPORARY, Resend

if TYPE_CHECKING:
    from ovh_sms.store.resent_messages import FailedMessage
    from ovh_sms.store.store import Store

#: How the id of the run begins that makes a resend.
RUN = "resend__"
_NOTHING = "Nothing was sent again."


@dataclass(frozen=True, kw_only=True)
class ResendOffer:
    """The failed messages of a run that a resend would send again.

    :param messages: messages; of people who opted out since, none.
    :param opted_out: those of people who opted out since.
    :param credits: what they would cost, by what their run has cost; the run itself computes it exactly.
    """

    campaign: str
    account: str
    dag_id: str
    run_id: str
    messages: int
    opted_out: int
    credits: float

    def resend(self, *, by: str, at: datetime) -> Resend:
        """Return the resend of these messages, for a person to ask for.

        :param by: the person.
        :param at: aware.
        """
        name = uuid4().hex[:16]
        return Resend(
            resend=name,
            campaign=self.campaign,
            account=self.account,
            dag_id=self.dag_id,
            source_run_id=self.run_id,
            run_id=f"{RUN}{name}",
            failed=TEMPORARY,
            asked_at=at,
            asked_by=by,
        )


def offer_of(store: Store, dag_id: str, run_id: str) -> ResendOffer:
    """Count the failed messages of a run that can be sent again, and estimate their cost.

    :raises ConfigurationError: the run is none of a campaign file, it sent nothing, or its messages were purged.
    """
    sent = store.submissions.of_run(dag_id, run_id)
    if not sent:
        raise ConfigurationError(
            f"The results hold no submission of run {run_id} of {dag_id}.",
            action=f"{_NOTHING} Check the name and the run, and that this machine reads the same results as the tasks.",
        )
    first = sent[0]
    if dag_id != campaign_dag_id(first.campaign):  # other DAGs may do more than to send a list
        raise ConfigurationError(
            f"{dag_id} is no DAG of a campaign file, and may do more than to send a list.",
            action=f"{_NOTHING} Start a run of your DAG with a list of these people.",
        )
    if any(each.purged_at for each in sent):
        raise ConfigurationError(
            f"Messages of run {run_id} were removed, as OVH_SMS_RETENTION_DAYS asks: it is not known any more which of "
            "them failed.",
            action=f"{_NOTHING} Start a new run for these people.",
        )
    failed = [each for each in store.resent_messages.failures(dag_id, run_id) if each.receiver.startswith("+")]
    left = _not_opted_out(store, failed)
    return ResendOffer(
        campaign=first.campaign,
        account=first.account,
        dag_id=dag_id,
        run_id=run_id,
        messages=len(left),
        opted_out=len(failed) - len(left),
        credits=_cost(store, left),
    )


def _not_opted_out(store: Store, failed: list[FailedMessage]) -> list[FailedMessage]:
    import numpy as np

    known = store.opt_out_digests.opted_out()
    if not failed or not known:
        return failed
    out = known.contains(np.array([digits(each.receiver) for each in failed], dtype=np.int64))
    return [each for each, is_out in zip(failed, out.tolist(), strict=True) if not is_out]


def _cost(store: Store, failed: list[FailedMessage]) -> float:
    """The cost of these messages in their submissions: each segment as much as one of the submission on average."""
    from ovh_sms.store.message_figures import SENDER

    segments = Counter[str]()
    for each in failed:
        segments[each.tag] += each.segments
    figures, cost = store.figures.of(*segments), 0.0
    for tag, number in segments.items():
        spent = store.submissions.get(tag).credits_spent
        whole = sum(each.segments for each in figures[tag].of_kind(SENDER)) if tag in figures else 0
        cost += number * (spent / whole if spent and whole else 1.0)
    return round(cost, 2)
