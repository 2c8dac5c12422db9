"""The claim of a batch checks the approval of its list, in the same transaction; a list published anew has none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ovh_sms.errors import CampaignNotApproved
from ovh_sms.store.campaign_approvals import APPROVED, REFUSED, ApprovalQuestion
from ovh_sms.store.published_lists import PlannedList, PublishedList
from ovh_sms.store.store import Store
from unit.store.attempt_samples import DAY, IN_FLIGHT, an_attempt

CONTENT: dict[str, Any] = {"message": "Bonjour", "sender": "MYSHOP", "sender_for_response": False, "stop_clause": True}
RUN = an_attempt()


def publish(store: Store, *, digest: str = "d1", needed: bool = True, list_tag: str = "l1", **content: Any) -> None:
    published = PublishedList(
        list_tag=list_tag,
        dag_id=RUN.dag_id,
        run_id=RUN.run_id,
        account=RUN.account,
        digest=digest,
        folder=f"/data/{digest}",
        content={**CONTENT, **content},
    )
    store.published_lists.publish(published, needs_approval=needed)


def ask(store: Store, digest: str = "d1", *, cost: float = 10.0) -> Any:
    until = datetime(2026, 3, 3, 18, tzinfo=UTC)
    return store.campaign_approvals.ask("l1", digest, ApprovalQuestion(until=until, people=10, credits=cost))


def claim(store: Store, digest: str = "d1", *, needed: bool = False, tag: str = "t1", **content: Any) -> bool:
    planned = PlannedList(
        digest=digest, folder=f"/data/{digest}", content={**CONTENT, **content}, needs_approval=needed
    )
    return store.attempts.claim(an_attempt(tag), duplicate_window=DAY, in_flight_window=IN_FLIGHT, published=planned)


def test_a_batch_is_claimed_once_its_list_is_approved(store: Store) -> None:
    publish(store)
    for _ in range(2):
        with pytest.raises(CampaignNotApproved):
            claim(store)
        ask(store)
    store.campaign_approvals.decide("l1", "d1", REFUSED, by="ann")
    with pytest.raises(CampaignNotApproved, match="ann refused it"):
        claim(store)
    assert store.attempts.count() == 0
    ask(store)
    found = store.campaign_approvals.decide("l1", "d1", APPROVED, by="ben")
    assert found is not None
    assert (found.decision, found.decided_by, found.people, found.credits) == (APPROVED, "ben", 10, 10.0)
    assert claim(store)


@pytest.mark.parametrize(
    "changes", [{"digest": "d2"}, {"message": "Bonsoir"}, {"sender": "OTHER"}, {"stop_clause": False}]
)
def test_another_list_text_sender_or_kind_has_no_approval(store: Store, changes: dict[str, Any]) -> None:
    publish(store)
    ask(store)
    store.campaign_approvals.decide("l1", "d1", APPROVED, by="ben")
    publish(store, **changes)
    with pytest.raises(CampaignNotApproved, match="nobody was asked about this list"):
        claim(store, **changes)
    digest = changes.get("digest", "d1")
    assert store.campaign_approvals.decide("l1", digest, APPROVED, by="ben") is None, "an answer to no question"


def test_the_same_list_keeps_its_approval_but_not_at_another_cost(store: Store) -> None:
    publish(store)
    ask(store)
    store.campaign_approvals.decide("l1", "d1", APPROVED, by="ben")
    publish(store)
    assert ask(store).decision == APPROVED
    assert ask(store, cost=20.0).decision is None
    with pytest.raises(CampaignNotApproved):
        claim(store)


def test_a_run_that_has_started_keeps_its_list_and_its_approval(store: Store) -> None:
    publish(store)
    ask(store)
    store.campaign_approvals.decide("l1", "d1", APPROVED, by="ben")
    assert claim(store)
    publish(store, digest="d2")
    assert store.published_lists.frozen("l1").digest == "d1"  # type: ignore[union-attr]
    assert store.campaign_approvals.of_list("l1").decision == APPROVED  # type: ignore[union-attr]


def test_a_task_that_knows_of_an_approval_claims_nothing_without_one(store: Store) -> None:
    publish(store, needed=False)
    with pytest.raises(CampaignNotApproved, match="nobody was asked about its list"):
        claim(store, needed=True)
    assert ask(store) is None, "the list was prepared without one"
    assert claim(store)


def test_each_list_of_a_run_needs_its_own_approval(store: Store) -> None:
    publish(store)
    publish(store, digest="d2", list_tag="l2")
    ask(store)
    store.campaign_approvals.decide("l1", "d1", APPROVED, by="ben")
    with pytest.raises(CampaignNotApproved):
        claim(store, "d2")
    assert claim(store)
