"""Writes the events of replies for the DAGs that they start: a receiver by its key, never by its number."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.errors import OvhSmsError
from ovh_sms.private_files import private_file
from ovh_sms.sending.personal_files import REPLIES
from ovh_sms.settings import inside_data

if TYPE_CHECKING:
    from ovh_sms.store.inbound_records import ReplyCounts
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)


def write_events(store: Store, counts: ReplyCounts, holder: str) -> Path | None:
    """Write the events of a run's replies beside its prepared list: ``key;event;received_at``, the earliest first.

    It is removed with the run's other files. A further try of the same task writes the same file again.

    :param holder: of the replies, see :meth:`~ovh_sms.store.inbound_announcements.InboundAnnouncements.claim`.
    :returns: the file; ``None`` if no reply has an event and a key, or the run's folder is gone.
    """
    rows = [(key, event, at.isoformat()) for event, key, at in counts.events if key]
    if not rows or counts.dag_id is None or counts.run_id is None:
        return None
    run = counts.dag_id, counts.run_id
    for folder in reversed(store.answered.folders([run])[run]):
        try:
            path = inside_data(folder) / f"{REPLIES}{holder}.csv"
        except OvhSmsError:
            continue
        if path.parent.is_dir():
            with private_file(path).open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file, delimiter=";", lineterminator="\n")
                lines.writerows([("key", "event", "received_at"), *rows])
            return path
    log.warning("events=%d of dag=%s run=%s are in no file: the folder of its list is gone", len(rows), *run)
    return None
