"""Sentences on accepted numbers that a person should check: for a preview and a log, so without any number."""

from __future__ import annotations

from collections.abc import Iterator

from ovh_sms.contacts.prepared_list import PreparedList


def describe_without_plus(prepared: PreparedList) -> Iterator[str]:
    """Describe the numbers read as another country's without a plus, if there are any."""
    if prepared.without_plus:
        rows = sum(prepared.without_plus.values())
        countries = ", ".join(f"+{code}: {times:,}" for code, times in prepared.without_plus.items())
        yield f"{counted(rows, 'number')} of other countries without + {_was(rows)} read as international: {countries}"


def describe_made_up(prepared: PreparedList) -> Iterator[str]:
    """Describe the numbers that may be made up, if there are any."""
    if prepared.made_up_rows:
        rows, lines = prepared.made_up_rows, ", ".join(f"{line:,}" for line in prepared.made_up_lines)
        yield (
            f"{counted(rows, 'number')} may be made up, as the last digits repeat or are in a row, and {_was(rows)} "
            f"accepted all the same: first in line{'s'[: len(prepared.made_up_lines) != 1]} {lines}"
        )


def counted(count: int, word: str) -> str:
    """Write a count with its word, in the plural unless it is one."""
    return f"{count:,} {word}{'s'[: count != 1]}"


def _was(rows: int) -> str:
    return "was" if rows == 1 else "were"
