"""Writes a command's result to stdout, as text or JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any


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


def progress(line: str) -> None:
    """Write a line of progress to stderr."""
    sys.stderr.write(f"{line}\n")
