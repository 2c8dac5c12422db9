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


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")  # no database of text takes one


_Text = Annotated[str, AfterValidator(_without_nul)]


class IncomingMessage(OvhObject):
    """One message that the account received; ``sender`` is the number of the person who wrote it.

    ``tag`` is that of the message that is answered, if OVH knows it. Each one costs ``credits``.
    """

    id: int = Field(ge=0, lt=2**63)
    created: Annotated[Moment, AfterValidator(_of_this_age)] = Field(alias="creationDatetime")
    sender: _Text = Field(default="", repr=False)
    message: _Text = Field(default="", repr=False)
    tag: _Text = ""
    credits: float = 0.0
