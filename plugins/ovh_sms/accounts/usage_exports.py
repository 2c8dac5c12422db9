"""Reads the messages of an account from OVH's exports: those of each user first, then those of the account."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.accounts.usage_check import edges_of
from ovh_sms.accounts.usage_counts import UsageCounter
from ovh_sms.api.outgoing import ExportFilter
from ovh_sms.private_files import private_file

if TYPE_CHECKING:
    from ovh_sms.accounts.usage_check import Reading
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store

#: Delivery receipt of a message that OVH refunds.
NOT_BILLED = 16
#: Seconds for an export of a million messages to be written.
_WAIT_SECONDS = 3600.0

log = logging.getLogger(__name__)


def counted_messages(
    client: OvhSmsClient,
    store: Store,
    since: datetime,
    until: datetime,
    folder: Path,
    readings: tuple[Reading | None, ...] = (),
) -> UsageCounter:
    """Count the messages made between two moments, both included.

    :param folder: for the exports, which hold numbers and texts and are removed at once.
    :param readings: balances between which messages are counted apart.

    Source: GET ``/sms/{serviceName}/outgoing`` with ``deliveryReceipt``, ``/document``, ``/users``,
    ``/users/{login}/outgoing`` and ``/users/{login}/document``.
    """
    client = client.as_user("")  # a connection may send as a user
    logins = sorted(client.users.logins())
    only: ExportFilter = {"created_from": since, "created_to": until}
    refunded = set(client.outgoing.ids(delivery_receipt=NOT_BILLED, **only))
    for login in logins:  # OVH may list the messages of users among those of the account, or not
        refunded.update(client.as_user(login).outgoing.ids(delivery_receipt=NOT_BILLED))
    marketing = store.usage.marketing_tags(client.account_name, since)
    counter = UsageCounter(edges=edges_of(readings), refunded=refunded, marketing=marketing)
    path = folder / "export.csv"
    for login in (*logins, ""):
        started = client.as_user(login).outgoing.start_export(**only)
        document = client.outgoing.wait_for_export(started, wait_seconds=_WAIT_SECONDS)
        client.documents.download(document.get_url, path)
        private_file(path)
        try:
            messages = counter.count(path, user=login)
        finally:
            path.unlink(missing_ok=True)
        log.info("counted messages=%d user=%s", messages, login or "(account)")
    return counter
