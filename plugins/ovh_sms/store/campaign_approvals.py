"""Approvals of runs: a person says yes to one list with one content; the claim of each batch checks it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, update

from ovh_sms.errors import CampaignNotApproved
from ovh_sms.store.campaign_approval_tables import campaign_approvals as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import upsert

if TYPE_CHECKING:
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.published_lists import PlannedList, PublishedList

#: Decisions about a run; a question without an answer in time is refused by nobody.
APPROVED, REFUSED, TIMED_OUT = "approved", "refused", "timed_out"
_AT_ONCE = 500
_it = _table.c


@dataclass(frozen=True, kw_only=True)
class ApprovalQuestion:
    """The question to a person about a run, in figures.

    :param until: without an answer by then the run is refused.
    :param people: receivers of the list.
    :param credits: what they cost.
    :param price: the same in money without tax; ``None`` if OVH does not quote it.
    :param figures: further counts and sentences of the question; no number and no text.
    """

    until: datetime
    people: int
    credits: float
    price: float | None = None
    currency: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CampaignApproval:
    """The approval that a run needs, and what became of it.

    :param list_tag: names the run's list within all runs.
    :param digest: of the list; ``content_digest``: of the message, the sender and the kind.
    :param required_at: when that list was published.
    :param asked_at: when a person was asked; ``None`` if nobody was, as for the next fields.
    :param decision: ``approved``, ``refused``, ``timed_out``; ``None`` without an answer.
    :param decided_by: who answered; ``None`` if nobody did.
    """

    list_tag: str
    dag_id: str
    run_id: str
    digest: str
    content_digest: str
    required_at: datetime
    asked_at: datetime | None = None
    asked_until: datetime | None = None
    people: int | None = None
    credits: float | None = None
    price: float | None = None
    currency: str | None = None
    figures: Mapping[str, Any] | None = None
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


_COLUMNS = [_it[each.name] for each in fields(CampaignApproval)]
_NO_ANSWER = {"decision": None, "decided_by": None, "decided_at": None}
_NOT_ASKED = dict.fromkeys(("asked_at", "asked_until", "people", "credits", "price", "currency", "figures"))


class CampaignApprovals(Repository):
    """Approvals by the tag of the run's list."""

    def of_list(self, list_tag: str) -> CampaignApproval | None:
        """Read the approval that a list needs; ``None`` if it needs none."""
        return self._one(_it.list_tag == list_tag)

    def ask(self, list_tag: str, digest: str, question: ApprovalQuestion) -> CampaignApproval | None:
        """Record that a person is asked about a list; one that is approved at this cost stays so.

        :param digest: of the list that the question is about.
        :returns: the approval as it stands; ``None`` if the run has published another list, or needs none.
        """
        here = and_(_it.list_tag == list_tag, _it.digest == digest)
        values = {
            "asked_at": self.clock.now(),
            "asked_until": question.until,
            "people": question.people,
            "credits": question.credits,
            "price": question.price,
            "currency": question.currency or None,
            "figures": dict(question.figures),
            **_NO_ANSWER,
        }
        is_approved = and_(_it.decision == APPROVED, _it.credits == question.credits)
        with self.database.writing(durable=True) as connection:
            connection.execute(update(_table).where(here, is_approved.is_not(True)).values(values))
            return _find(connection, here)

    def decide(self, list_tag: str, digest: str, decision: str, *, by: str | None) -> CampaignApproval | None:
        """Record the answer to the question about a list.

        :param decision: ``approved``, ``refused`` or ``timed_out``.
        :param by: who answered.
        :returns: the approval; ``None`` if the list was prepared again since the question, or nobody was asked.
        """
        here = and_(_it.list_tag == list_tag, _it.digest == digest, _it.asked_at.is_not(None))
        values = {"decision": decision, "decided_by": by, "decided_at": self.clock.now()}
        with self.database.writing(durable=True) as connection:
            connection.execute(update(_table).where(here).values(values))
            return _find(connection, here)

    def refuse_unapproved(self, dag_id: str, run_id: str, digest: str, *, is_required: bool) -> None:
        """Refuse to upload a batch of a run that a person must approve, and has not.

        :param digest: of the run's prepared list.
        :param is_required: the task knows that a person must.
        :raises CampaignNotApproved: they have not approved this list.
        """
        with self.database.reading() as connection:
            found = _find(connection, and_(_it.dag_id == dag_id, _it.run_id == run_id, _it.digest == digest))
            _refuse(found, is_required=is_required)

    def _one(self, where: ColumnElement[bool]) -> CampaignApproval | None:
        with self.database.reading() as connection:
            return _find(connection, where)


def require(connection: Connection, published: PublishedList, now: datetime, *, is_required: bool) -> None:
    """Have a list wait for a person, or not, within the transaction that publishes it.

    An answer to the same list with the same content stays.
    """
    digest = content_digest(published.content)
    here = _it.list_tag == published.list_tag
    if not is_required:
        connection.execute(delete(_table).where(here))
        return
    known = _find(connection, here)
    if known is not None and (known.digest, known.content_digest) == (published.digest, digest):
        return
    values = {
        "list_tag": published.list_tag,
        "dag_id": published.dag_id,
        "run_id": published.run_id,
        "digest": published.digest,
        "content_digest": digest,
        "required_at": now,
    }
    upsert(connection, _table, [{**values, **_NOT_ASKED, **_NO_ANSWER}])


def refuse_unapproved(
    connection: Connection, attempt: Attempt, planned: PlannedList, published: PublishedList | None
) -> None:
    """Refuse a batch of a run that a person must approve, and has not, within the transaction that claims it.

    :param published: the list that the run has published: what is planned is known to be the same.
    :raises CampaignNotApproved: they have not approved this list with this content.
    """
    here = and_(_it.dag_id == attempt.dag_id, _it.run_id == attempt.run_id, _it.digest == planned.digest)
    content = content_digest(published.content) if published is not None else None
    _refuse(_find(connection, here), is_required=planned.needs_approval, content=content)


def check_can_be_approved(prepared: Mapping[str, Any] | None, *, approval: bool) -> None:
    """Refuse receivers whom nobody can be asked about: numbers, or a list at an address.

    :param prepared: the prepared list, if there is one.
    :raises CampaignNotApproved: a person must approve the run, and no list of it was prepared.
    """
    if approval and prepared is None:
        raise CampaignNotApproved(
            "A person must approve this run before it is sent, and it has no prepared list to approve.",
            action="Nothing was uploaded or sent. Give 'prepared' in place of numbers or an address, or leave "
            "'approval' out.",
        )


def content_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a list is sent with, hexadecimal."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def campaign_approvals(
    connection: Connection, runs: Collection[tuple[str, str]]
) -> dict[tuple[str, str, str], CampaignApproval]:
    """Read the approvals that some runs need, by DAG, run and list."""
    found: dict[tuple[str, str, str], CampaignApproval] = {}
    wanted = list(runs)
    for start in range(0, len(wanted), _AT_ONCE):
        some = tuple_(_it.dag_id, _it.run_id).in_(wanted[start : start + _AT_ONCE])
        for row in connection.execute(select(*_COLUMNS).where(some)).mappings():
            found[row["dag_id"], row["run_id"], row["list_tag"]] = CampaignApproval(**row)
    return found


def _refuse(found: CampaignApproval | None, *, is_required: bool, content: str | None = None) -> None:
    if found is None and not is_required:
        return
    if found is not None and found.decision == APPROVED and content in (None, found.content_digest):
        return
    raise CampaignNotApproved(
        f"A person must approve this run before it is sent, and {_why(found, content)}.",
        action="Nothing was uploaded or sent. To have it asked about, clear *approve*, not this task alone: Airflow's "
        "own mark that it succeeded is no approval. Or start a new run.",
    )


def _why(found: CampaignApproval | None, content: str | None) -> str:
    if found is None:
        return "nobody was asked about its list"
    if found.decision is None:
        asked = found.asked_at
        return f"nobody has answered since {asked:%Y-%m-%d %H:%M} UTC" if asked else "nobody was asked about this list"
    at = f"{found.decided_at:%Y-%m-%d %H:%M} UTC" if found.decided_at else "an unknown time"
    if found.decision == APPROVED and content not in (None, found.content_digest):
        return f"{found.decided_by} approved another text or sender on {at}"
    if found.decision == TIMED_OUT:
        return f"nobody answered in time, by {at}"
    return f"{found.decided_by or 'a person'} refused it on {at}"


def _find(connection: Connection, where: ColumnElement[bool]) -> CampaignApproval | None:
    row = connection.execute(select(*_COLUMNS).where(where).limit(1)).mappings().first()
    return CampaignApproval(**row) if row else None
