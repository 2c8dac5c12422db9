"""Removes personal data that is too old, and the people to be erased, from runs that are over.

Nothing of a run goes that a Clear, a cancellation or a reconciliation may need. The journal, with OVH's message ids,
withdrawals and published lists stay in any case.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.sending.opt_out_file import refresh_opt_outs
from ovh_sms.sending.personal_files import erase_rows, folders_of, has_files, remove_files

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Removed:
    """Counts of the data that was removed.

    :param runs: purged runs.
    :param replies: replies whose number and text were removed by their age.
    :param suppressed: opt-outs and failed numbers whose number or hash was removed by its age.
    :param outbox: single SMS whose number and text were removed by their age.
    :param erased_rows: rows of people to be erased, in files.
    :param to_erase: people whose erasure waits for runs that are not over.
    """

    runs: int = 0
    messages: int = 0
    replies: int = 0
    suppressed: int = 0
    outbox: int = 0
    files: int = 0
    erased_messages: int = 0
    erased_replies: int = 0
    erased_outbox: int = 0
    erased_rows: int = 0
    to_erase: int = 0


def purge_old(store: Store, retention: timedelta) -> Removed:
    """Purge the runs that are over and older than a time: messages, receipts, files with numbers; and old replies.

    Numbers of old opt-outs go too; these people stay suppressed.

    Figures, reports and the journal stay.
    """
    removed, before = Removed(), store.clock.now() - retention
    removed.replies = store.personal_data.purge_replies(before)
    removed.suppressed = store.personal_data.purge_suppressed(before)
    removed.outbox = store.personal_data.purge_outbox(before)
    refresh_opt_outs(store)
    over, _ = store.ended_runs.read()
    for run in over:
        folders = [folder for folder in folders_of(run) if has_files(folder)]
        if run.newest >= before or (run.purged and not folders):
            continue
        # Files first: a run whose files could not be removed is tried again.
        removed.files += sum(map(remove_files, folders))
        removed.messages += sum(store.personal_data.purge(tag) for tag in run.tags)
        removed.runs += 1
        log.info("purged dag=%s run=%s", run.dag_id, run.run_id)
    return removed


def erase_pending(store: Store) -> Removed:
    """Erase the people to be erased from the messages collected since, and from the files of runs that are over."""
    from ovh_sms.contacts.classify.person_digests import PersonDigester

    removed, asked = Removed(), store.personal_data.to_erase()
    if not asked:
        return removed
    over, not_over = store.ended_runs.read()
    erased = store.personal_data.erase_stored_since(asked, min(asked.values()))
    refresh_opt_outs(store)
    removed.erased_messages, removed.erased_replies = erased.messages, erased.replies
    removed.erased_outbox = erased.outbox
    digester = PersonDigester(store.identity.secret())
    for run in over:
        removed.erased_rows += erase_rows(folders_of(run), asked, digester)
    # A run that began after a person was erased concerns a list that named them anew.
    earliest = min((run.oldest for run in not_over), default=None)
    for digest, at in asked.items():
        if earliest is not None and earliest <= at:
            removed.to_erase += 1
        else:
            store.personal_data.erasure_is_done(digest)
    return removed
