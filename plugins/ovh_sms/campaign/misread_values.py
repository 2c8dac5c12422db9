"""Values that YAML reads as something else than their author meant, with the way to write them."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

_TIME = re.compile(r"\d+(:\d+)+")
_MOST_CHARACTERS = 40


def as_list(given: Any, written: str | None) -> str | None:
    """Say how a single value is written as a list.

    :param given: the value that YAML has made of it.
    :param written: as it stands in the file, without quotes; ``None`` if it is quoted, or none.
    """
    if given is None or isinstance(given, dict):
        return None
    plain = isinstance(given, str) and written
    text = written if plain else json.dumps(written or str(given), ensure_ascii=False)
    return f"give a list such as [{text}]" if len(text or "") <= _MOST_CHARACTERS else "give a list"


def one_text(given: Any, written: str | None) -> str | None:
    """Say how a value is written that should be a text; see :func:`as_list`."""
    if isinstance(given, list | tuple | dict):
        return f"give one text, not {'fields' if isinstance(given, dict) else 'a list'}"
    if given is None or not written:
        return None
    quoted = "it"
    if isinstance(given, bool):
        quoted = "Yes and No" if written in ("Yes", "yes", "No", "no") else written
    elif _TIME.fullmatch(written):
        quoted = "the time"
    return f"YAML reads {written[:_MOST_CHARACTERS]} as a {_kind(given)}: put {quoted} in quotes"


def _kind(given: Any) -> str:
    if isinstance(given, bool):
        return "truth value"
    return "moment" if isinstance(given, datetime) else "day" if isinstance(given, date) else "number"
