"""The table of damages, each a function that changes a draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from list_proof.drafts import Draft


@dataclass(frozen=True)
class Damage:
    """One way in which lists are damaged, or seem to be.

    :param kinds: the kinds of files that it occurs in.
    :param refusal_is_right: nearly every such list is to be refused, as nobody can know its meaning.
    :param subject: ``lists`` for what is wrong with a file; else what a rule of the campaign or its message is about.
    """

    change: Callable[[Draft], None]
    kinds: tuple[str, ...]
    refusal_is_right: bool
    subject: str


DAMAGES: dict[str, Damage] = {}
#: Damages of files; the others are about messages and rules.
LISTS = "lists"
_ANY_KIND = ("csv", "csv", "csv", "xlsx", "parquet")

Change = Callable[[Draft], None]


def damage(*kinds: str, refused: bool = False, subject: str = LISTS) -> Callable[[Change], Change]:
    """Enter a function into the table under its name."""

    def enter(change: Change) -> Change:
        DAMAGES[change.__name__] = Damage(change, kinds, refused, subject)
        return change

    return enter


def rule(subject: str, *, refused: bool = False) -> Callable[[Change], Change]:
    """Enter a function that is about the message or a rule; such a list comes in any kind of file."""
    return damage(*_ANY_KIND, refused=refused, subject=subject)
