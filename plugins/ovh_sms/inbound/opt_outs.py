"""Reads OVH's suppression list: no account writes to anybody on it, and each STOP counts for the run it answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.inbound.match import SAME_MOMENT, match
from ovh_sms.inbound.read_replies import e164
from ovh_sms.inbound.sent_lists import messages_in_lists
from ovh_sms.messaging.number_hash import number_hash
from ovh_sms.settings import number_hash_key

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import BlacklistEntry
    from ovh_sms.store.inbound_records import SentMessage
    from ovh_sms.store.store import Store
    from ovh_sms.store.suppressed import SuppressedNumber

log = logging.getLogger(__name__)

#: A STOP answers a message of the time before, at most so long; and its submission is searched for so long.
ANSWERS_WITHIN = timedelta(days=30)
#: OVH is asked again for the message of a STOP for so long: the read before may have ended early.
ASKED_WITHIN = timedelta(days=1)
#: An older STOP, of the first read of an old list, is compared with the messages for so long after it was stored.
OLD_ONES_WITHIN = timedelta(hours=1)
#: Entries of OVH's list that one read takes; the first read of an old account finds more, and the next ones go on.
MOST_AT_ONCE = 5_000
_BLOCK = 1_000
#: A STOP answers the newest message, unless another run wrote at the same moment.
_NEWEST = {"window": ANSWERS_WITHIN, "apart": SAME_MOMENT}


@dataclass(frozen=True, kw_only=True)
class CollectedOptOuts:
    """Counts of one read.

    :param listed: numbers on OVH's list of the account.
    :param new: opt-outs that were not stored before; ``left``: those that the next read takes.
    :param attributed: opt-outs whose submission was found by this read.
    """

    account: str
    listed: int
    new: int
    left: int
    attributed: int


def collect_opt_outs(client: OvhSmsClient, store: Store) -> CollectedOptOuts:
    """Store who has opted out, each person once, and count each STOP for the submission that it answers.

    A person stays suppressed if OVH's list loses the number. The read may be repeated at any time, and several of one
    account may run at once.

    Source: GET ``/sms/{serviceName}/blacklists``, GET ``/sms/{serviceName}/blacklists/{number}``, and GET
    ``/sms/{serviceName}/outgoing/{id}`` of messages that are not collected.
    """
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    account, listed = client.account_name, client.blacklists.numbers()
    digests = PersonDigester(store.identity.secret()).of_numbers(listed)
    people = dict(zip(digests, listed, strict=True))
    known = store.suppressed.known(account)
    unknown = [number for digest, number in people.items() if digest not in known]
    # Nobody may be written to while the details are read.
    store.opt_out_digests.add(account, unknown)
    reader, new = _Reader(client, store, people), 0
    for at in range(0, min(len(unknown), MOST_AT_ONCE), _BLOCK):
        entries = list(client.blacklists.iter(unknown[at : min(at + _BLOCK, MOST_AT_ONCE)], may_be_gone=True))
        new += reader.save(entries)
    left = max(0, len(unknown) - MOST_AT_ONCE)
    found = CollectedOptOuts(account=account, listed=len(listed), new=new, left=left, attributed=reader.attribute())
    counts = found.listed, found.new, found.left, found.attributed
    log.info("opt-outs account=%s listed=%d new=%d left=%d attributed=%d", account, *counts)
    return found


class _Reader:
    """One read of one account.

    :param people: numbers as OVH lists them, by their digests.
    """

    def __init__(self, client: OvhSmsClient, store: Store, people: Mapping[int, str]) -> None:
        self._client = client
        self._store = store
        self._people = people
        self._digests = {number: digest for digest, number in people.items()}
        #: OVH's ids of the messages that new opt-outs answer.
        self._fresh: set[int] = set()

    def save(self, entries: Sequence[BlacklistEntry]) -> int:
        """Store some entries; returns how many were new."""
        from ovh_sms.store.suppressed import OPT_OUT, SuppressedNumber

        account, key = self._client.account_name, number_hash_key()
        rows = []
        for each in entries:
            if (digest := self._digests.get(each.number)) is None:
                continue
            number = e164(each.number)
            rows.append(
                SuppressedNumber(
                    account=account,
                    digest=digest,
                    reason=OPT_OUT,
                    since=each.created,
                    number=number if key is None else None,
                    number_hash=None if key is None else number_hash(number, key),
                    outgoing_id=each.outgoing_id,
                    ovh_batch_id=each.ovh_batch_id,
                )
            )
            self._fresh.update([each.outgoing_id] if each.outgoing_id is not None else [])
        return self._store.suppressed.add_opt_outs(account, rows)

    def attribute(self) -> int:
        """Count the STOPs without a submission for the one that they answer, if that is known by now."""
        from ovh_sms.store.models import OptOut

        account, now = self._client.account_name, self._store.clock.now()
        within = {"since": now - ANSWERS_WITHIN, "stored_since": now - OLD_ONES_WITHIN}
        waiting = [
            each
            for each in self._store.suppressed.unattributed(account, **within)
            # One whose number was removed is counted nowhere any more.
            if each.digest in self._people and (each.number or each.number_hash)
        ]
        found = self._by_id(waiting) | self._by_number([each for each in waiting if each.outgoing_id is None])
        recorded = self._store.submissions.recorded({sent.tag for sent in found.values()})
        by_tag: dict[str, list[SuppressedNumber]] = {}
        for each in waiting:
            if each.digest in found and found[each.digest].tag in recorded:
                by_tag.setdefault(found[each.digest].tag, []).append(each)
        for tag, several in by_tag.items():
            rows = [
                OptOut(receiver=e164(self._people[each.digest]), opted_out_at=each.since, outgoing_id=each.outgoing_id)
                for each in several
            ]
            self._store.opt_outs.save(tag, rows, are_its_own=True)
            self._store.suppressed.attribute(account, {each.digest: found[each.digest] for each in several})
        return sum(map(len, by_tag.values()))

    def _by_id(self, waiting: Sequence[SuppressedNumber]) -> dict[int, SentMessage]:
        """By the message that OVH names; one that is not collected has its tag at OVH."""
        account = self._client.account_name
        ids = {each.outgoing_id for each in waiting if each.outgoing_id is not None}
        sent = self._store.answered.by_outgoing_ids(account, ids)
        recent = self._client.time() - ASKED_WITHIN if ids - sent.keys() else None
        late = {each.outgoing_id for each in waiting if recent is not None and each.since >= recent}
        asked = sorted((ids & (self._fresh | late)) - sent.keys())
        tags = {each.id: each.tag for each in self._client.outgoing.iter(asked, may_be_gone=True) if each.tag}
        by_tag = self._store.answered.by_tag(account, set(tags.values()))
        sent |= {number: by_tag[tag] for number, tag in tags.items() if tag in by_tag}
        named = [(each.digest, each.outgoing_id) for each in waiting if each.outgoing_id is not None]
        return {digest: sent[number] for digest, number in named if number in sent}

    def _by_number(self, waiting: Sequence[SuppressedNumber]) -> dict[int, SentMessage]:
        """By the newest message to the person, if OVH names none; OVH's own batches are none of this package's."""
        account = self._client.account_name
        unnamed = [each for each in waiting if each.ovh_batch_id is None]
        if unnamed:  # both are dated by OVH's clock
            recent = self._client.time() - ANSWERS_WITHIN
            unnamed = [each for each in unnamed if each.since >= recent]
        if not unnamed:
            return {}
        numbers = {each.digest: e164(self._people[each.digest]) for each in unnamed}
        since, until = min(each.since for each in unnamed) - ANSWERS_WITHIN, max(each.since for each in unnamed)
        between: dict[str, Any] = {"since": since, "until": until + timedelta(seconds=2), "with_sender": True}
        sent = self._store.answered.to_numbers(account, sorted(set(numbers.values())), **between)
        batches = self._store.answered.not_collected(account, **between)
        for number, listed in messages_in_lists(batches, frozenset(numbers.values())).items():
            sent.setdefault(number, []).extend(listed)
        matches = {
            each.digest: match("", each.since, {}, sent.get(numbers[each.digest], ()), **_NEWEST) for each in unnamed
        }
        return {digest: found.sent for digest, found in matches.items() if found.sent is not None}
