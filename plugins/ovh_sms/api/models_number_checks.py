"""Number checks (HLR) as OVH holds them."""

from __future__ import annotations

from pydantic import Field

from ovh_sms.api.models import Moment, OvhObject, Status


class NumberChecksResult(OvhObject):
    """OVH's answer to a request for checks; ``refused`` are those that it takes for no numbers at all."""

    ids: list[int] = Field(repr=False)
    accepted: list[str] = Field(default=[], alias="validReceivers", repr=False)
    refused: list[str] = Field(default=[], alias="invalidReceivers", repr=False)
    credits_removed: float = Field(alias="totalCreditsRemoved")


class NumberCheck(OvhObject):
    """The check of one number: ``todo``, ``doing``, ``done`` or ``error``; only one that is done knows the number."""

    id: int
    created: Moment = Field(alias="datetime")
    number: str = Field(default="", alias="msisdn", repr=False)
    status: Status
    is_valid: bool | None = Field(default=None, alias="valid")
    is_reachable: bool | None = Field(default=None, alias="reachable")
