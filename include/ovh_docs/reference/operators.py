"""The reference of operators, sensors, triggers, notifiers and hooks: parameters, results, errors and calls."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

from ovh_docs.reference.markdown import MADE, described, table

_ROOMS = {
    "operators": ("Operators", "airflow.sdk", "BaseOperator"),
    "sensors": ("Sensors", "airflow.sdk", "BaseOperator"),
    "triggers": ("Triggers", "airflow.triggers.base", "BaseTrigger"),
    "notifications": ("Notifiers", "airflow.sdk", "BaseNotifier"),
    "hooks": ("Hooks", "airflow.sdk", "BaseHook"),
}


def classes() -> dict[str, list[type]]:
    """Return the classes for DAGs by their kind; a name that begins with ``_`` is not for others."""
    found = {}
    for room, (title, module, base) in _ROOMS.items():
        kind = getattr(importlib.import_module(module), base)
        package = importlib.import_module(f"ovh_sms.{room}")
        # A hook without a type of connection is no one's but the package's.
        found[title] = [each for each in _classes_of(package, kind) if room != "hooks" or vars(each).get("conn_type")]
    return found


def _classes_of(package: Any, base: type) -> Iterator[type]:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, base) and found.__module__ == module.name and not name.startswith("_"):
                yield found


def operators_page() -> str:
    """Return the page."""
    chapters = [
        f"## {title}\n\n" + "\n".join(_chapter(each) for each in found) for title, found in classes().items() if found
    ]
    start = (
        "# Operators: every parameter\n\n"
        "How they fit together, with DAGs to copy: [Operators, sensor, triggers](../operators.md). Beside these "
        f"parameters, each takes those of Airflow. {MADE}\n"
    )
    return "\n".join([start, *chapters])


def _chapter(found: type) -> str:
    text, _, returned, errors = described(found.__doc__)
    templated = set(getattr(found, "template_fields", ()))
    texts = parameter_texts(found)
    rows = [
        (f"`{name}`", _type(each), _default(each), texts.get(name, "") + (" *Templated.*" if name in templated else ""))
        for name, each in parameters(found).items()
    ]
    lines = [f"### {found.__name__}", f"`from {found.__module__} import {found.__name__}`", text]
    if rows:
        lines.append(table(("Parameter", "Type", "Default", "Meaning"), rows))
    if returned:
        lines.append(f"**Returns** {returned}")
    if errors:
        lines.append(table(("Error", "When"), [(f"`{name}`", about) for name, about in errors]))
    return "\n\n".join(lines) + "\n"


def parameters(found: type) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class and of those of this package that it inherits from."""
    taken: dict[str, inspect.Parameter] = {}
    for base in found.__mro__:
        if base.__module__.startswith("ovh_sms") and "__init__" in vars(base):
            for name, each in inspect.signature(base.__init__).parameters.items():
                if name != "self" and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL):
                    taken.setdefault(name, each)
    return taken


def parameter_texts(found: type) -> dict[str, str]:
    """Return the meaning of each parameter, that of the class itself before that of its bases."""
    texts: dict[str, str] = {}
    for base in reversed(found.__mro__):
        if base.__module__.startswith("ovh_sms"):
            texts.update(described(base.__doc__)[1])
    return texts


def _type(parameter: inspect.Parameter) -> str:
    shown = parameter.annotation
    if shown is parameter.empty:
        return ""
    return f"`{shown if isinstance(shown, str) else getattr(shown, '__name__', shown)}`"


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return "required"
    return f"`{parameter.default}`" if parameter.default != "" else '`""`'
