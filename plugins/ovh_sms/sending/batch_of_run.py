"""One batch of a run before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class BatchOfRun:
    """A batch, its run and its account.

    :param batch: ``None`` if its list is not a prepared one.
    """

    store: Store
    dag_id: str
    run_id: str
    account: str
    batch: Batch | None
    schedule: Schedule
