"""The folders of preparations: they hold phone numbers, so none stays whose list was not published.

A folder is marked until its list is published. A marked one is of a preparation that runs, or of one that was killed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ovh_sms.private_files import private_folder, remove_folder

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Longer than a preparation takes.
LONGEST_PREPARATION = timedelta(days=1)
_MARK = ".unpublished"


@contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    """Make the folder of one preparation, marked; it goes if the block fails.

    :param folder: of the run.
    """
    own = private_folder(private_folder(folder) / uuid4().hex[:8])
    try:
        (own / _MARK).touch()
        yield own
    except BaseException:
        remove_folder(own, ignore_errors=True)
        raise


def mark_published(own: Path) -> None:
    """Take the mark off a folder once its list is published."""
    (own / _MARK).unlink(missing_ok=True)


def remove_unpublished(campaign: Path, store: Store) -> None:
    """Remove the folders that killed preparations of a campaign have left; symbolic links are not followed.

    :param campaign: folder of the campaign, which holds those of its runs.
    """
    youngest = (store.clock.now() - LONGEST_PREPARATION).timestamp()
    for mark in campaign.glob(f"*/*/{_MARK}"):
        own = mark.parent
        if own.is_symlink() or own.parent.is_symlink() or _changed(own) > youngest:
            continue
        # Killed right after it was published, a preparation leaves its mark too.
        if not store.published_lists.is_published(own):
            remove_folder(own, ignore_errors=True)
            log.info("removed the folder of a preparation that was killed: %s", own)


def _changed(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # another preparation has just removed it
        return math.inf
