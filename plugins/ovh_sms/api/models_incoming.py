"""The object that OVH holds for each reply."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from ovh_sms.api.models import Moment, OvhObject


def _of_this_age(moment: datetime) -> datetime:
    if moment.year < 2000:  # there was no SMS account
        raise ValueError("no date")
    return moment


class IncomingMessage(OvhObject):
    """One message that the account received; ``sender`` is the number of the person who wrote it.

    ``tag`` is that of the message that is answered, if OVH knows it. Each one costs ``credits``.
    """

    id: int = Field(ge=0, lt=2**63)
    created: Annotated[Moment, AfterValidator(_of_this_age)] = Field(alias="creationDatetime")
    sender: str = Field(default="", repr=False)
    message: str = Field(default="", repr=False)
    tag: str = ""
    credits: float = 0.0
