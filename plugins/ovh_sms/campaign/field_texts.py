"""The meaning of the fields of a model, as its docstring gives it."""

from __future__ import annotations

import inspect
import re

from pydantic import BaseModel

_PARAM = re.compile(r"^:param (\w+): *(.*(?:\n[ ]+.*)*)", re.MULTILINE)


def field_texts(model: type[BaseModel]) -> dict[str, str]:
    """Return the meaning of each field by its name in a file.

    A field of a base class has the text of that class, unless the model gives its own.
    """
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        for name, text in _PARAM.findall(inspect.cleandoc(base.__doc__ or "")):
            found[name] = re.sub("[;,] or$", "", " ".join(text.split()))
    names = {name: about.alias or name for name, about in model.model_fields.items()}
    return {names[name]: text for name, text in found.items() if name in names}


def first_paragraph(model: type) -> str:
    """Return the first paragraph of a class's docstring in one line."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].split())
