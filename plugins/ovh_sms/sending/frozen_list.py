"""Freezes a run's prepared list once its first batch is submitted.

The batches of a list are submitted one by one. If the list were prepared again in between, a person could move from a
batch that was submitted to one that was not, and get the message twice.
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from ovh_sms.contacts.batch import Batch
from ovh_sms.contacts.prepared_list import REJECTS_NAME
from ovh_sms.errors import JournalUnavailable, RequestChanged

MARK = "frozen"


def freeze(batch: Batch | None) -> None:
    """Freeze a prepared list, right before a batch of it is submitted for the first time.

    :param batch: the batch; without a prepared list there is nothing to freeze.
    :raises RequestChanged: another list of this run is frozen: a batch of that one was submitted.
    :raises JournalUnavailable: this worker cannot write to the list's folder.
    """
    if batch is None:
        return
    # Not named by the process: containers that share the folder count theirs alike.
    unnamed = batch.folder / f".{MARK}.{uuid4().hex}"
    try:
        with unnamed.open("w", encoding="ascii") as file:
            file.write(batch.run_digest)
            file.flush()
            os.fsync(file.fileno())
        os.link(unnamed, batch.folder / MARK)  # with its content, or not at all
    except FileExistsError:
        if frozen_digest(batch.folder) != batch.run_digest:
            raise RequestChanged(
                "This run submitted a batch of another list than this one.",
                action="Nothing is sent: some receivers could get the message twice. Start a new run for the others.",
            ) from None
    except OSError as error:  # also for an only batch: prepared again, the list may have several
        raise JournalUnavailable(
            f"This worker cannot write to the folder of the prepared list, {batch.folder} ({type(error).__name__}).",
            action="Nothing was sent. Give all workers the same OVH_SMS_DATA folder, then clear the task.",
        ) from error
    finally:
        unnamed.unlink(missing_ok=True)


def unfreeze(batch: Batch | None) -> None:
    """Unfreeze a list if OVH certainly did not accept its only batch; with several, another one may be submitted."""
    if batch is not None and batch.of == 1 and frozen_digest(batch.folder) == batch.run_digest:
        (batch.folder / MARK).unlink(missing_ok=True)


def check_not_lost(prepared_before: bool, folder: Path) -> None:
    """Refuse to prepare a list anew if the mark may be lost with its folder.

    :raises RequestChanged: the list was prepared before, and the folder holds nothing of it.
    """
    if prepared_before and not (folder / REJECTS_NAME).exists():
        raise RequestChanged(
            f"This run's list was prepared before, and its folder {folder} is gone or out of reach here.",
            action="Nothing is sent, as a batch of that list may be submitted already. Restore the folder, give all "
            "workers the same OVH_SMS_DATA folder, or start a new run.",
        )


def frozen_digest(folder: Path) -> str | None:
    """Return the digest of the frozen list of a folder; ``None`` if none is frozen."""
    try:
        return (folder / MARK).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
