"""The prepared list of a run: published with the campaign's content, and kept once a batch of it may be at OVH.

If the list were prepared again between two batches, a person could move from a batch that is sent to one that is not,
and get the message twice. If the content were read again, two batches could carry two messages.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.contacts.classify.list_totals import Rates
from ovh_sms.contacts.preparation import Fetch, PreparationRequest, PreparationResult, Progress, prepare_contacts
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.write.pilot_sample import PilotRequest
from ovh_sms.errors import ContactsError, RequestChanged
from ovh_sms.messaging.mail_merge import placeholders
from ovh_sms.messaging.message_check import as_sent
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.private_files import remove_folder
from ovh_sms.sending.paced_departure import PacePlan, plan_departures
from ovh_sms.sending.preparation_folders import mark_published, own_folder, remove_unpublished
from ovh_sms.store.number_checks import INVALID, UNREACHABLE
from ovh_sms.store.paced_records import PacedList
from ovh_sms.store.pilots import Pilot, PilotLimits
from ovh_sms.store.published_lists import PublishedList

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.contacts.classify.already_sent import AlreadySentCheck
    from ovh_sms.sending.failed_list import FailedList
    from ovh_sms.sending.repeats import RunMessage
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Seconds between two lines of progress in the log.
PROGRESS_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class RunPreparation:
    """The list that one run of a campaign sends to.

    :param folder: folder of the run; each preparation writes to a folder of its own in it.
    :param list_tag: names the list within all runs: the tag of the task that sends it.
    :param terms: what the list is sent with, beside the message: ``sender``, ``sender_for_response``, ``stop_clause``.
    :param run_message: the message: people to whom another run has sent it are left out; ``None``: nobody is.
    :param dead_after: people whom so many runs could not reach for good are left out; ``None``: nobody is.
    :param checked_within: people whose number a check within this time found invalid or out of reach are left out;
        ``None``: nobody is.
    :param needs_approval: a person must approve the list before it is uploaded.
    :param pilot: ``count`` of people who get the message first, and fields of
        :class:`~ovh_sms.store.pilots.PilotLimits`; ``None``: nobody does.
    :param failed: the list, if the run resends the failed messages of another one.
    """

    source: PreparationRequest
    folder: Path
    batch_size: int | None
    list_tag: str
    dag_id: str
    run_id: str
    terms: Mapping[str, Any]
    run_message: RunMessage | None = None
    dead_after: int | None = None
    checked_within: timedelta | None = None
    needs_approval: bool = False
    pilot: Mapping[str, float] | None = None
    failed: FailedList | None = None

    def run(self, client: OvhSmsClient, store: Store, *, fetch: Fetch, rates: Rates) -> PreparationResult:
        """Prepare and publish the list, or return the one that the run must keep.

        Source: GET ``/sms/{serviceName}/blacklists``.

        :param fetch: copies a contact list that is no local file.
        :param rates: credits per segment by calling code.
        :raises RequestChanged: a batch of the run may be at OVH, and the files of its list are gone.
        :raises ContactsError: the list or the message's placeholders are wrong.
        :raises DuplicateSubmission: everybody left of the list was already sent the message by another run.
        :raises SubmissionInFlight: another run may be sending the message to some of the people right now.
        :raises SourceUnavailable: a database, a server or a storage gave no complete answer.
        """
        frozen = store.published_lists.frozen(self.list_tag)
        if frozen is not None:
            return self._keep(frozen)
        log.info("preparing columns_of_message=%s", ",".join(placeholders(self.source.message)) or "none")
        already_sent = self.run_message.already_sent(store) if self.run_message else None
        remove_unpublished(self.folder.parent, store)
        with own_folder(self.folder) as own:
            result = prepare_contacts(
                replace(self.source, pilot=self._sample),
                out=own,
                fetch=self.failed.fetch(fetch) if self.failed else fetch,
                suppressed=client.blacklists.numbers(),
                progress=Progress(log.info, every=PROGRESS_SECONDS),
                rates=rates,
                batch_size=self.batch_size,
                already_sent=already_sent,
                **self._left_out(store),
            )
            if already_sent is not None:
                _check_somebody_is_left(result.prepared, already_sent)
            if self.failed is not None:
                self.failed.plan(result.prepared)
        wanted = PublishedList(
            list_tag=self.list_tag,
            dag_id=self.dag_id,
            run_id=self.run_id,
            account=client.account_name,
            digest=result.prepared.digest,
            folder=str(own),
            content=self._content(),
        )
        published, replaced = store.published_lists.publish(wanted, needs_approval=self.needs_approval)
        if published != wanted:
            remove_folder(own)
            kept = self._keep(published)
            # Its own preparation may have been killed before it had a plan.
            self._plan_departures(client, store, kept.prepared)
            return kept
        # Planned before this task ends: what is sent has a plan, even if nobody checks it.
        self._plan_departures(client, store, result.prepared)
        mark_published(own)
        if replaced and as_path(replaced).parent == self.folder:  # nothing of it was or will be sent
            remove_folder(as_path(replaced), ignore_errors=True)
        return result

    def _plan_departures(self, client: OvhSmsClient, store: Store, prepared: PreparedList) -> None:
        key = {"dag_id": self.dag_id, "run_id": self.run_id, "digest": prepared.digest}
        paced, hours = PacedList(**key, account=client.account_name), self.source.hours
        pilot = self._pilot_of(prepared)
        plan = PacePlan.of(prepared, hours, client.time(), pilot=pilot) if hours and hours.pace else None
        plan_departures(store, paced, plan)
        store.pilots.plan(paced, pilot)

    @property
    def _sample(self) -> PilotRequest | None:
        """The sample that is drawn; another one in each run, the same in each preparation of one."""
        return PilotRequest(count=int(self.pilot["count"]), salt=self.list_tag) if self.pilot else None

    def _pilot_of(self, prepared: PreparedList) -> Pilot | None:
        """The pilot of the list; ``None`` if nobody is left behind it."""
        if self.pilot is None or not prepared.pilot_batches:
            return None
        limits = PilotLimits(**{name: value for name, value in self.pilot.items() if name != "count"})
        people = sum(each.accepted for each in prepared.batches[: prepared.pilot_batches])
        return Pilot(batches=prepared.pilot_batches, people=people, limits=limits)

    def _keep(self, published: PublishedList) -> PreparationResult:
        """Return the list that is published already."""
        try:
            prepared = PreparedList.load(as_path(published.folder))
        except ContactsError as error:
            raise RequestChanged(
                f"This run's list is published, and its folder {published.folder} is gone or out of reach here.",
                action="Nothing is sent, as a batch of that list may be submitted already. Restore the folder, give "
                "all workers the same OVH_SMS_DATA folder, or start a new run.",
            ) from error
        mark_published(as_path(published.folder))
        if published.content != self._content() or prepared.fingerprint != self.source.fingerprint(self.batch_size):
            log.warning("the campaign changed since this run has started to send: the change counts for the next run")
        log.info("kept list digest=%s: this run has published it", prepared.digest)
        return PreparationResult(prepared=prepared, source=str(prepared.source), suppression={}, changes=None)

    def _left_out(self, store: Store) -> dict[str, Any]:
        """The people who are left out, by digests."""
        since = None if self.checked_within is None else store.clock.now() - self.checked_within
        return {
            "opted_out": store.opt_out_digests.opted_out(),
            "dead": store.suppressed.dead(self.dead_after) if self.dead_after else None,
            "unreachable": store.number_checks.with_answers((UNREACHABLE, INVALID), since) if since else None,
        }

    def _content(self) -> dict[str, Any]:
        return {"message": as_sent(self.source.message), **self.terms}


def _check_somebody_is_left(prepared: PreparedList, check: AlreadySentCheck) -> None:
    """Refuse a list if nobody is left; log how many people get the message again by force."""
    if check.force:
        log.warning("forced: sends the same message again repeated=%d", check.repeated)
    found = prepared.rejected.get(RejectReason.ALREADY_SENT, 0)
    check.refuse_if_nobody_is_left(rows=prepared.rows, accepted=prepared.accepted, already_sent=found)
