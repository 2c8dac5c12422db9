"""Submissions as the journal holds them.

Anybody who may create asset events or XComs can make something that reads like a submission, and it names the places of
its files. So nothing is taken from it that the journal does not confirm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError
from ovh_sms.sending.submission import Submission
from ovh_sms.store.models import BATCH

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: What a submission must have in common with the journal's: its run, its account and the places of its files.
CONFIRMED = (
    *("campaign", "dag_id", "run_id", "account", "list_digest", "list_path", "folder", "batches"),
    "submitted_path",
)


def find_submission(store: Store, tag: object) -> Submission | None:
    """Find a submission in the journal.

    :param tag: as an asset event names it, so perhaps no tag at all.
    :returns: the submission with its answer; ``None`` if the journal knows no batch of this tag, or no answer yet.
    """
    attempt = store.attempts.live(tag) if isinstance(tag, str) and tag else None
    if attempt is None or attempt.kind != BATCH or attempt.answer is None:
        return None
    return Submission.from_xcom(attempt.answer)


def check_known(store: Store, submission: Submission) -> None:
    """Make sure that the journal knows a submission, with the same run, account and files.

    :raises ConfigurationError: it does not.
    """
    known = find_submission(store, submission.tag)
    differences = [name for name in CONFIRMED if known and getattr(known, name) != getattr(submission, name)]
    if known is None or differences:
        which = f"has another {' and '.join(differences)}" if known else "is not known"
        raise ConfigurationError(
            f"The submission with the tag {submission.tag!r} {which} in the journal. Nothing was collected or written.",
            action="Give the output of SendJobOperator, and the results connection of the task that submitted.",
        )
