"""The meaning of a reply, by the words that opt out and by the rules of its campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ovh_sms.reply_words import CERTAIN, INBOX, OPT_OUT, once, opting_out, without_courtesy, words_of

Words = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KeywordRule:
    """One rule of a campaign or an account file.

    :param words: words or phrases, in any case, with or without accents.
    :param event: what a reply of these words is: the name of an event, or ``opt_out``.
    :param anywhere: they may stand anywhere in the reply; else they are all of it, but for greetings and thanks.
    """

    words: tuple[str, ...]
    event: str
    anywhere: bool = False

    @classmethod
    def of(cls, rules: Iterable[Mapping[str, Any]]) -> tuple[Self, ...]:
        """Read rules from plain values."""
        return tuple(
            cls(words=tuple(each["words"]), event=each["event"], anywhere=bool(each.get("anywhere"))) for each in rules
        )


@dataclass(frozen=True)
class Meaning:
    """The meaning of a reply.

    :param action: ``opt_out``, the event of a rule, or ``inbox`` if no rule knows the reply.
    :param keyword: the word by which it is known, as the rule writes it; ``None`` for the inbox.
    """

    action: str
    keyword: str | None = None


def meaning_of(text: str, rules: Sequence[KeywordRule] = ()) -> Meaning:
    """Return what a reply asks for.

    Words that certainly opt out come first, then the rules in their order, then the other words that usually opt out,
    and last the rules whose words may stand anywhere; those of them that opt out before the others.

    :param rules: of the campaign first, then of the account.
    """
    every = words_of(text)
    said = once(without_courtesy(every))
    stop = opting_out(said)
    if stop in CERTAIN:
        return _opt_out(stop)
    for rule in rules:
        for word in rule.words:
            if once(words_of(word)) in (said, once(every)):
                return Meaning(rule.event, word)
    if stop:
        return _opt_out(stop)
    for rule in sorted((each for each in rules if each.anywhere), key=lambda each: each.event != OPT_OUT):
        for word in rule.words:
            if _holds(every, words_of(word)):
                return Meaning(rule.event, word)
    return Meaning(INBOX)


def _opt_out(words: Words) -> Meaning:
    return Meaning(OPT_OUT, " ".join(words).upper())


def _holds(words: Words, wanted: Words) -> bool:
    """Return whether words stand in a reply, one behind the other."""
    size = len(wanted)
    return size > 0 and any(words[at : at + size] == wanted for at in range(len(words) - size + 1))
