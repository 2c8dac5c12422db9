"""Fields that may be written in two ways: the way that was taken decides, so that an error is of that one alone."""

from __future__ import annotations

from typing import Any

from pydantic import Discriminator, Tag

#: Pydantic puts them into the place of an error; no key of a file is one.
MARKS = ("<other>", "<chosen>")
OTHER, CHOSEN = map(Tag, MARKS)


def chosen_for(*types: type) -> Discriminator:
    """Read a value of these types as the alternative ``CHOSEN``, and any other value as ``OTHER``."""

    def mark(value: Any) -> str:
        return MARKS[isinstance(value, types)]

    return Discriminator(mark)
