"""Sends the first, the shortest and the longest text of a prepared list to named people, each at most once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import OutcomeUnknown, OvhSmsError, ResolutionRequired, ScheduleTooOld
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION, OnceOnlyWrite, ReconcileWait
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.sending.campaign_test_post import CampaignTestPost, NoTest, PlannedTest
from ovh_sms.sending.message_credits import rates_of, reserve_messages
from ovh_sms.sending.opted_out import OptedOutPeople
from ovh_sms.store.models import TEST, TESTS_DAG

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.contacts.classify.list_totals import Rates
    from ovh_sms.contacts.preview.list_texts import MergedText
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.campaign_tests import CampaignTest
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CampaignToTest:
    """The campaign whose texts are tested, and who tests them.

    :param content: what the list is sent with: ``message``, ``sender``, ``sender_for_response``, ``stop_clause``.
    :param invocation: names the run, or the call of the command: each gives a receiver a text once.
    :param dag_id: of the run; empty, as ``run_id``, for the command.
    :param by: who sent the command, or started the run.
    :param begins: the run, or the command, has sent nothing before; ``None`` if nobody knows.
    """

    name: str
    content: Mapping[str, Any] = field(repr=False)
    invocation: str
    dag_id: str = ""
    run_id: str = ""
    by: str
    begins: datetime | None


@dataclass(frozen=True, kw_only=True)
class CampaignTestSends:
    """The test messages of one run of a campaign, or of one command.

    :param rates: credits per segment by destination, see :func:`~ovh_sms.contacts.prepare.prepare`.
    """

    campaign: CampaignToTest
    client: OvhSmsClient
    store: Store
    task: TaskTry
    policy: ReconcilePolicy
    clock: Clock
    rates: Rates

    def run(self, texts: Sequence[MergedText], numbers: Sequence[str]) -> list[CampaignTest]:
        """Send each text to each person, or go on with what an earlier try left. One keeps no other waiting.

        :param numbers: of the people, E.164.
        :returns: the tests with what became of them.
        :raises MissingRight: the key lacks a right to send, or to reconcile.
        :raises InsufficientCredits: the account holds too few credits beside those that others have reserved.
        :raises ReconcileWait: whether OVH accepted one shows later; run it again then.
        :raises OutcomeUnknown: OVH may have accepted one; the next try must reconcile.
        :raises ResolutionRequired: only a person can decide whether OVH accepted one.
        :raises RunCancelled: a person cancelled the run.

        Source: POST ``/sms/{serviceName}/jobs``.
        """
        from ovh_sms.store.campaign_tests import SENT

        self.store.cancelled_runs.refuse(self.campaign.dag_id, self.campaign.run_id)
        self.client.account.require("test")
        planned = self._plan(texts, numbers)
        known = {each.tag: each for each in self.store.campaign_tests.of_tags([each.tag for each in planned])}
        left = [each for each in planned if each.tag not in known or known[each.tag].state != SENT]
        # The credits of one that is under way may be gone already.
        self._reserve([each for each in left if each.tag not in known])
        try:
            self._send_all(left)
        finally:
            self.store.reservations.release(TESTS_DAG, self._reservation)
        return self.store.campaign_tests.of_tags([each.tag for each in planned])

    def _plan(self, texts: Sequence[MergedText], numbers: Sequence[str]) -> list[PlannedTest]:
        rates = rates_of(numbers, self.rates)
        return [self._planned(text, number, rates[number]) for number in dict.fromkeys(numbers) for text in texts]

    def _planned(self, text: MergedText, number: str, rate: float) -> PlannedTest:
        from ovh_sms.api.submission_request import SubmissionRequest
        from ovh_sms.messaging.country_rules import takes_stop_clause
        from ovh_sms.messaging.segments import measure

        it, content = self.campaign, self.campaign.content
        key = self._key(number, text.text)
        tag = digest_tag(TESTS_DAG, it.invocation, key)
        if not it.run_id:  # a command that was killed is gone on with by the next one
            tag = self.store.campaign_tests.under_way(self.client.account_name, key) or tag
        adds_stop = content["stop_clause"] and content["sender"] and takes_stop_clause(number)
        return PlannedTest(
            tag=tag,
            message_key=key,
            kinds=text.kinds,
            message=content["message"],
            request=SubmissionRequest(**{**content, "message": text.text}, receivers=(number,), tag=tag),
            credits=measure(text.text, stop_clause=bool(adds_stop)).segments * rate,
        )

    def _key(self, number: str, text: str) -> str:
        """Name a receiver with a text, so that nobody finds the number by trying all of them."""
        from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL, ReceiverDigester

        digester = ReceiverDigester.of_message_key(self.store.identity.secret(), TRANSACTIONAL)
        (digest,) = digester.of_rows([("number", "text"), (number, text)])
        return digest_tag(TESTS_DAG, self.client.account_name, str(int(digest)))

    @cached_property
    def _reservation(self) -> str:
        return digest_tag(TESTS_DAG, self.client.account_name, self.campaign.invocation)

    def _reserve(self, planned: Sequence[PlannedTest]) -> None:
        reserve_messages(
            {each.tag: each.credits for each in planned},
            name=self._reservation,
            dag_id=TESTS_DAG,
            client=self.client,
            store=self.store,
            what=f"{len(planned)} test messages cost",
            again="do it again",
        )

    def _send_all(self, planned: Sequence[PlannedTest]) -> None:
        """Send one after the other; raise what went wrong once all were tried."""
        waits: list[ReconcileWait] = []
        errors: list[OvhSmsError] = []
        for each in planned:
            try:
                self._send(each)
            except ReconcileWait as wait:
                waits.append(wait)
            except OutcomeUnknown as error:
                errors.append(error)
        if waits:
            raise min(waits, key=lambda each: each.wait)
        # An outcome that the next try reconciles comes before one that a person must decide.
        for first in sorted(errors, key=lambda each: isinstance(each, ResolutionRequired)):
            raise first

    def _send(self, planned: PlannedTest) -> None:
        from ovh_sms.store.campaign_tests import BEFORE_RESTORE, REFUSED, SENT

        self.store.campaign_tests.start(self._record(planned))
        once, spent = self._once(planned), None
        try:
            made = once.run()
            state, spent = SENT if made["submitted"] else REFUSED, made["credits_spent"]
        except NoTest as nothing:
            if once.journal.live() is not None:  # another process sends it after all, or has
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION) from nothing
            state = nothing.state
        except ScheduleTooOld:
            state = BEFORE_RESTORE
        self.store.campaign_tests.end(planned.tag, state, credits_spent=spent)
        log.info("test kinds=%s tag=%s: %s", ",".join(planned.kinds), planned.tag, state)

    def _record(self, planned: PlannedTest) -> CampaignTest:
        from ovh_sms.messaging.number_display import masked_number
        from ovh_sms.store.campaign_tests import CampaignTest

        it = self.campaign
        return CampaignTest(
            tag=planned.tag,
            message_key=planned.message_key,
            account=self.client.account_name,
            campaign=it.name,
            dag_id=it.dag_id,
            run_id=it.run_id,
            by=it.by,
            receiver=masked_number(planned.number),
            kinds=", ".join(planned.kinds),
        )

    def _once(self, planned: PlannedTest) -> OnceOnlyWrite:
        identity = WriteIdentity(
            tag=planned.tag,
            kind=TEST,
            campaign=self.campaign.name,
            dag_id=TESTS_DAG,
            run_id=planned.tag,
            account=self.client.account_name,
        )
        journal = Journal(self.store, identity, ClaimRules(run_after=self.campaign.begins), self.clock)
        write = CampaignTestPost(
            planned=planned,
            sender=self.campaign.content["sender"] or "",
            refusal=lambda: self._refusal(planned.number),
            client=self.client,
            journal=journal,
            clock=self.clock,
            quiet_period=self.policy.quiet_period,
        )
        return OnceOnlyWrite(write=write, journal=journal, task=self.task, policy=self.policy, clock=self.clock)

    def _refusal(self, number: str) -> str:
        """Why a person gets no test message; empty if they get one.

        :raises RunCancelled: a person cancelled the run since its first test message.
        """
        from ovh_sms.store.campaign_tests import OPTED_OUT

        self.store.cancelled_runs.refuse(self.campaign.dag_id, self.campaign.run_id)
        return OPTED_OUT if self._opted_out.has(number) else ""

    @cached_property
    def _opted_out(self) -> OptedOutPeople:
        return OptedOutPeople(client=self.client, store=self.store, clock=self.clock)
