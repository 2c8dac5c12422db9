"""The mark beside a prepared list whose sending has begun: from then on its run keeps that very list.

Pieces of a list are sent one by one. If the list were prepared again in between, a person could move from a piece
that is sent to one that is not, and get the message twice.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from ovh_sms.contacts.prepared import REJECTS_NAME
from ovh_sms.errors import JournalUnavailable, RequestChanged
from ovh_sms.idempotency.task_state import TaskState

MARK = "sending_begun"


def begin(prepared: Mapping[str, Any] | None) -> None:
    """Mark a prepared list, right before a piece of it is sent for the first time.

    :param prepared: the piece, or the whole list; without one there is nothing to mark.
    :raises RequestChanged: the mark is that of another list: a piece of that one was sent.
    :raises JournalUnavailable: a piece is to be sent, and the list's folder is out of reach here.
    """
    folder = _folder(prepared)
    if prepared is None or folder is None:
        return
    whole = prepared.get("whole") or prepared["digest"]
    # Not named by the process: containers that share the folder count theirs ambiguous.
    unnamed = folder / f".{MARK}.{uuid4().hex}"
    try:
        with unnamed.open("w", encoding="ascii") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        os.link(unnamed, folder / MARK)  # with its content, or not at all
    except FileExistsError:
        if begun_with(folder) != whole:
            raise RequestChanged(
                "This run has begun to send another list than this one.",
                action="Nothing is sent: some receivers could get the message twice. Start a new run for the others.",
            ) from None
    except OSError as error:
        if "whole" in prepared:  # also an only piece: prepared again, the list may be in several
            raise JournalUnavailable(
                f"The folder of the prepared list, {folder}, cannot be written to here ({type(error).__name__}).",
                action="Nothing was sent. Give all workers the same OVH_SMS_DATA folder, then clear the task.",
            ) from error
    finally:
        unnamed.unlink(missing_ok=True)


def withdraw(prepared: Mapping[str, Any] | None) -> None:
    """Remove the mark where OVH certainly did not take the only piece of a list.

    :param prepared: the piece; with several it stays, as another one may be sent.
    """
    folder = _folder(prepared)
    if prepared is None or folder is None or prepared.get("of", 1) != 1:
        return
    if begun_with(folder) == (prepared.get("whole") or prepared["digest"]):  # never that of another list
        (folder / MARK).unlink(missing_ok=True)


def check_not_lost(once: TaskState, folder: Path) -> None:
    """Refuse to prepare a list anew where the mark may be lost, with the folder it lay in.

    :param once: what the preparing task remembers.
    :param folder: of the whole prepared list.
    :raises RequestChanged: the task prepared the list before, and the folder holds nothing of it.
    """
    if once.answer is not None and not (folder / REJECTS_NAME).exists():
        raise RequestChanged(
            f"This run's list was prepared before, and its folder {folder} is gone or out of reach here.",
            action="Nothing is sent, as a part of that list may be sent already. Restore the folder, give all workers "
            "the same OVH_SMS_DATA folder, or start a new run.",
        )


def begun_with(folder: Path) -> str | None:
    """Tell which list of a folder is being sent, or was.

    :param folder: of the whole prepared list.
    :returns: the list's digest; None where none is.
    """
    try:
        return (folder / MARK).read_text(encoding="ascii")
    except FileNotFoundError:
        return None


def _folder(prepared: Mapping[str, Any] | None) -> Path | None:
    if not prepared or not prepared.get("list_path"):
        return None
    return Path(prepared.get("folder") or Path(prepared["list_path"]).parent)
