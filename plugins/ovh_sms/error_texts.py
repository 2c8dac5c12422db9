"""The texts of errors, which are cut if they are too long for a line of a log or a page."""

from __future__ import annotations


def shown(what: str, action: str, longest: int | None) -> str:
    """Write both sentences; of a path or a value that is too long, the beginning and the end."""
    if longest is not None and len(what) + len(action) > longest:
        action = _without_middle(action, longest // 2)
        what = _without_middle(what, longest - len(action) - 1)
    return f"{what} {action}".strip()


def _without_middle(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room // 2 - 2]} … {text[-(room // 2 - 2) :]}"
