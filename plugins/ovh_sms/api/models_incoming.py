"""The object that OVH holds for each reply."""

from __future__ import annotations

from pydantic import Field

from ovh_sms.api.models import Moment, OvhObject


class IncomingMessage(OvhObject):
    """One message that the account received; ``sender`` is the number of the person who wrote it.

    ``tag`` is that of the message that is answered, if OVH knows it. Each one costs ``credits``.
    """

    id: int
    created: Moment = Field(alias="creationDatetime")
    sender: str = Field(default="", repr=False)
    message: str = Field(default="", repr=False)
    tag: str = ""
    credits: float = 0.0
