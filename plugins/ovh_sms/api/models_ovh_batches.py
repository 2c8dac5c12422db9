"""OVH's own objects of the name batch, and their statistics."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from ovh_sms.api.models import Moment, OvhObject

#: Statuses in which nothing of an OVH batch leaves, or will.
CANCELLED = frozenset({"to cancel", "canceling", "canceled"})
FAILED, COMPLETED = "failed", "completed"
#: Statuses in which OVH has not yet read the whole list.
UNREAD = frozenset({"pending", "inserting"})

Status = Annotated[str, AfterValidator(lambda name: name.lower().replace("_", " "))]


class RefusedReceiver(OvhObject):
    """One receiver whom an OVH batch does not reach."""

    receiver: str = Field(default="", repr=False)
    message: str = Field(default="", repr=False)


class OvhBatch(OvhObject):
    """One OVH batch: ``pending``, ``inserting``, ``inserted``, ``completed``, ``failed`` or being cancelled.

    :param records: rows of its list; those of ``refused`` get nothing, as is known once the list was read.
    :param leaves: moment at which its messages leave; ``None`` if OVH does not say it.
    :param receivers: numbers that it was made with; ``None`` if it has a receivers slot.
    """

    id: str
    name: str = ""
    status: Status
    created: Moment = Field(alias="createdAt")
    leaves: Moment | None = Field(default=None, alias="sentAt")
    records: int = Field(alias="totalRecords")
    refused: list[RefusedReceiver] = Field(default=[], alias="errors")
    receivers: list[str] | None = Field(default=None, repr=False)
    credits_estimated: float = Field(default=0.0, alias="estimatedCredits")

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing of it leaves, as it was cancelled."""
        return self.status in CANCELLED

    @property
    def is_live(self) -> bool:
        """Whether its messages leave or have left."""
        return not self.is_cancelled and self.status != FAILED

    @property
    def is_read(self) -> bool:
        """Whether OVH has read its whole list."""
        return self.status not in UNREAD


class OvhBatchStatistics(OvhObject):
    """Messages of an OVH batch by state, and its credits: those that OVH has taken, and its estimate before."""

    credits: float
    credits_estimated: float = Field(default=0.0, alias="estimatedCredits")
    pending: int
    sent: int
    delivered: int
    failed: int

    @property
    def final(self) -> int:
        """Messages whose fate is known."""
        return self.delivered + self.failed
