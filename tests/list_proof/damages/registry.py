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
    """

    change: Callable[[Draft], None]
    kinds: tuple[str, ...]
    refusal_is_right: bool


DAMAGES: dict[str, Damage] = {}


def damage(*kinds: str, refused: bool = False) -> Callable[[Callable[[Draft], None]], Callable[[Draft], None]]:
    """Enter a function into the table under its name."""

    def enter(change: Callable[[Draft], None]) -> Callable[[Draft], None]:
        DAMAGES[change.__name__] = Damage(change, kinds, refused)
        return change

    return enter
