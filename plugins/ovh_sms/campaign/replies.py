"""Keywords of replies with their events, in a campaign file or an account file."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from ovh_sms.campaign.yaml_files import Strict
from ovh_sms.reply_words import INBOX, OPT_OUT, always_opting_out, words_of

Word = Annotated[str, Field(min_length=1, max_length=100)]
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,39}")


class KeywordEntry(Strict):
    """The words of one event.

    :param words: in any case, with or without accents and punctuation; greetings and thanks beside them do not matter.
    :param event: name of the event, such as ``confirmed``; ``opt_out`` for a word that means STOP.
    :param anywhere: the words may stand anywhere in the reply; else they are all of it.
    """

    words: Annotated[tuple[Word, ...], Field(min_length=1)]
    event: str
    anywhere: bool = False

    @field_validator("words")
    @classmethod
    def _are_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        empty = [each for each in words if not words_of(each)]
        if empty:
            raise ValueError(f"{empty[0]!r} holds neither a letter nor a digit")
        return words

    @field_validator("event")
    @classmethod
    def _has_a_name(cls, event: str, info: ValidationInfo) -> str:
        if not _EVENT.fullmatch(event):
            raise ValueError("name it with lower-case letters, digits and '_', at most 40, such as `confirmed`")
        if event == INBOX:
            raise ValueError(f"`{INBOX}` is where replies without a rule go; give another name")
        stop = sorted(always_opting_out(info.data.get("words", ())))
        if event != OPT_OUT and stop:
            raise ValueError(f"the word {stop[0]} opts out in any campaign; remove it, or give `event: {OPT_OUT}`")
        return event


class AccountReplies(Strict):
    """Rules for the replies to an account that the rules of their campaign do not know.

    :param keywords: words with their events, the first one that fits is taken.
    """

    keywords: tuple[KeywordEntry, ...] = ()

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules as plain values."""
        return [each.model_dump(mode="json") for each in self.keywords]


class CampaignReplies(AccountReplies):
    """Rules for the replies to a campaign, and the key of its receivers.

    :param keywords: words with their events; the first one that fits is taken, before those of the account file.
    :param key: name of the list's column by which events name a receiver; never the number's.
    """

    key: Annotated[str, Field(min_length=1)] | None = None
