"""Writes a command's result to stdout, as text or JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

#: Columns of a terminal below which lines are not broken further.
NARROWEST = 40
#: Keeps a share and its sign in one line.
_UNBROKEN = "\N{NO-BREAK SPACE}"


def show(text: str, values: Mapping[str, Any], *, as_json: bool) -> None:
    """Write a result. A character that the terminal lacks is shown as its code."""
    encoding = sys.stdout.encoding or "utf-8"
    if as_json:
        text = json.dumps(values, indent=2, ensure_ascii=not encoding.lower().startswith("utf"))
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `ovh-sms … | head`; Python must not write the rest when it ends, either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fit_terminal(lines: Iterable[str], *, as_they_are: str) -> list[str]:
    """Break lines between words at the width of the terminal, the rest indented.

    :param as_they_are: beginning of the lines that the terminal itself may break, as every character of them counts.
    """
    width = max(get_terminal_size().columns, NARROWEST)
    fitting: list[str] = []
    for line in lines:
        if len(line) <= width or line.startswith(as_they_are):
            fitting.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        whole = line.replace(" %", f"{_UNBROKEN}%")
        broken = wrap(whole, width, subsequent_indent=indent, break_on_hyphens=False)
        fitting += [each.replace(_UNBROKEN, " ") for each in broken] or [line]
    return fitting


def progress(line: str) -> None:
    """Write a line of progress to stderr."""
    sys.stderr.write(f"{line}\n")
