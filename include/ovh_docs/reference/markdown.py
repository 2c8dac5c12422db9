"""Markdown of the references: tables, and docstrings without the marks of reST."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

MADE = "This page is made from the code by `make docs`."
_ROLE = re.compile(r":\w+:`~?([^`]+)`")
_FIELD = re.compile(r"^:(param|raises|returns?)(?: ([\w.]+))?: *(.*(?:\n[ ]+.*)*)", re.MULTILINE)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar or a line break within a cell does not end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def plain(text: str) -> str:
    """Turn reST into Markdown: double backticks, and roles that name a class."""
    text = _ROLE.sub(lambda found: f"`{found[1].rpartition('.')[2]}`", text).replace("``", "`")
    texts = re.split(r"(`[^`]*`)", text)
    return "".join(each if at % 2 else each.replace("<", "&lt;") for at, each in enumerate(texts))


def described(docstring: str | None) -> tuple[str, dict[str, str], str, list[tuple[str, str]]]:
    """Split a docstring.

    :returns: the text without its fields, the parameters, what is returned, and the errors.
    """
    text = inspect.cleandoc(docstring or "")
    parameters: dict[str, str] = {}
    returned, errors = "", []
    for kind, name, about in _FIELD.findall(text):
        about = plain(" ".join(about.split()))
        if kind == "param":
            parameters[name] = about
        elif kind == "raises":
            errors.append((name, about))
        else:
            returned = about
    prose = re.sub(r"\n{3,}", "\n\n", _FIELD.sub("", text))
    return plain(prose).strip(), parameters, returned, errors
