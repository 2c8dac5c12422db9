"""Cases of the corpus, written by the scripts beside this module."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
A, B, C = "0639980012", "0639980013", "0639980014"


def case(name: str, folder: str, **given: str) -> None:
    """Write what a list must give, as YAML."""
    text = "".join(f"{field}: {value}\n" for field, value in given.items())
    (HERE / folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def texts(*values: str) -> str:
    numbers = ("+33639980012", "+33639980013", "+33639980014", "+33639980015")
    quoted = (value.replace('"', '\\"') for value in values)
    return "{" + ", ".join(f'"{number}": "{value}"' for number, value in zip(numbers, quoted, strict=False)) + "}"
