"""Request senders at most once, and enable those that wait for a code."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.sender_post import SenderKnown, SenderPost, SenderRequest, find_sender
from ovh_sms.api.models_senders import WAITING, Sender
from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.store.models import SENDER, SUCCEEDED

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store

__all__ = ["SenderRequest", "SenderState", "request_sender", "validate_sender"]

#: DAG of the attempts at requests of senders: every DAG and command shares them. Their run is their tag.
_SENDERS_DAG = "senders"
#: OVH shows a sender that was requested sooner than this; one that it does not show then was deleted.
_SHOWN_WITHIN = timedelta(days=1)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,9}[A-Za-z0-9.])?|\+?[0-9]{6,16}")


@dataclass(frozen=True, kw_only=True)
class SenderState:
    """A sender as OVH has it.

    :param requested: whether this call has requested it.
    :param status: ``enabled``, ``disabled``, ``refused`` or ``waiting validation``.
    :param comment: what OVH's moderator says about it.
    """

    sender: str
    requested: bool
    status: str
    comment: str = ""

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def request_sender(
    request: SenderRequest, *, client: OvhSmsClient, store: Store, task: TaskTry, policy: ReconcilePolicy, clock: Clock
) -> SenderState:
    """Request a sender, or return it as it is if the account has it or it was requested before.

    :raises ConfigurationError: it cannot be a sender's name.
    :raises RequestRefused: OVH refused the request.
    :raises OutcomeUnknown: OVH may have it; the next try reads the sender.

    Source: GET ``/sms/{serviceName}/senders/{sender}``, POST ``/sms/{serviceName}/senders``.
    """
    if not _NAME.fullmatch(request.name):
        raise ConfigurationError(
            f"{request.name!r} cannot be a sender.",
            action="Nothing was requested. Give 1 to 11 letters, digits and blanks, or a phone number such as "
            "+33639980012.",
        )
    client.account.require("senders")
    known = find_sender(client, request.name)
    account = client.account_name
    tag = _tag(store, account, request.name, clock)
    identity = WriteIdentity(
        tag=tag, kind=SENDER, campaign=_SENDERS_DAG, dag_id=_SENDERS_DAG, run_id=tag, account=account
    )
    journal = Journal(store, identity, ClaimRules(), clock)
    earlier = journal.live()
    if known is not None and earlier is None:
        return _state(known, requested=False)
    write = SenderPost(request=request, client=client)
    once = OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=clock)
    try:
        once.run()
    except SenderKnown as it:
        return _state(it.sender, requested=False)
    requested = earlier is None or earlier.state != SUCCEEDED
    found = find_sender(client, request.name) or Sender(sender=request.name, status=WAITING)
    return _state(found, requested=requested)


def validate_sender(name: str, code: str, *, client: OvhSmsClient) -> SenderState:
    """Enable a sender by the code that OVH sent to its number; nothing is done if it is enabled.

    :raises NotFound: the account has no such sender.
    :raises RequestRefused: the code is wrong, or the sender waits for none.
    :raises OutcomeUnknown: the answer was lost, and OVH does not show the sender as enabled.

    Source: GET ``/sms/{serviceName}/senders/{sender}``, POST ``/sms/{serviceName}/senders/{sender}/validate``.
    """
    client.account.require("senders")
    found = find_sender(client, name)
    if found is None:
        raise NotFound(
            f"The account {client.account_name} has no sender '{name}'.",
            action="Nothing was validated. 'ovh-sms senders list' shows the senders.",
        )
    if found.is_enabled:
        return _state(found, requested=False)
    try:
        client.senders.validate(name, code)
    except OutcomeUnknown:
        found = client.senders.get(name)
        if not found.is_enabled:
            raise
    return _state(client.senders.get(name), requested=False)


def _state(sender: Sender, *, requested: bool) -> SenderState:
    return SenderState(sender=sender.name, requested=requested, status=sender.status, comment=sender.comment)


def _tag(store: Store, account: str, name: str, clock: Clock) -> str:
    """Name the request of a sender: the next one once an earlier one was made long ago, as the sender was deleted."""
    number = 0
    while True:
        tag = digest_tag(account, SENDER, name, str(number))
        made = store.attempts.live(tag)
        if made is None or made.state != SUCCEEDED or made.claimed_at is None:
            return tag
        if clock.now() - made.claimed_at < _SHOWN_WITHIN:
            return tag
        number += 1
