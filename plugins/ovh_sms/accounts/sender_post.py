"""One request of a sender as a remote write. OVH shows it by its name, so the sender itself is the witness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import NotFound
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.idempotency.remote_write import NothingToMake

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models_senders import Sender
    from ovh_sms.store.models import Attempt


@dataclass(frozen=True, kw_only=True)
class SenderRequest:
    """A sender to request.

    :param name: at most 11 letters, digits and blanks, or a phone number.
    :param description: its purpose, as the account's owner sees it.
    :param reason: what OVH's moderator reads.
    """

    name: str
    description: str = ""
    reason: str = ""


class SenderKnown(NothingToMake):
    """The account has the sender already: nothing is requested."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        super().__init__(f"The account has the sender {sender.name} already; it is {sender.status}.")


@dataclass
class SenderPost:
    """The remote write of one request; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`."""

    request: SenderRequest
    client: OvhSmsClient
    done: str = field(default="requested", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One sender."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: a sender is requested once, with any description."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the sender."""
        return {"sender": self.request.name, "ovh_time": self.client.time().isoformat()}

    def precheck(self, *, person_decided: bool = False) -> None:
        """Request nothing that the account has.

        :raises SenderKnown: with the sender as it is.
        """
        found = find_sender(self.client, self.request.name)
        if found is not None:
            raise SenderKnown(found)

    def post(self, deadline: float) -> dict[str, Any]:
        """Request it by one POST."""
        it = self.request
        self.client.senders.create(it.name, description=it.description, reason=it.reason, not_after=deadline)
        return {"sender": it.name}

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Read whether the account has the sender."""
        found = find_sender(self.client, self.request.name) is not None
        return Observation(at=self.client.time(), found=int(found), named=found)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Name the sender."""
        return {"sender": self.request.name}

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the sender that a person should check."""
        return f"Check in OVH's manager whether {attempt.account} has the sender {self.request.name}."


def find_sender(client: OvhSmsClient, name: str) -> Sender | None:
    """Read a sender; ``None`` if the account has none of this name."""
    try:
        return client.senders.get(name)
    except NotFound:
        return None
