"""The notifiers of a campaign file: found, without importing what they need."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from ovh_sms.campaign.yaml_files import Strict


class NotifierEntry(Strict):
    """One notifier: of a campaign it reports runs, of ``OVH_SMS_NOTIFY`` broken files.

    :param notifier: its class, as ``airflow.providers.smtp.notifications.smtp.SmtpNotifier``.
    :param arguments: of the class; texts may use ``{{ sms_title }}``, ``{{ sms_text }}`` and ``{{ sms_html }}``.
    :param language: ``en`` or ``fr``.
    """

    notifier: Annotated[str, Field(min_length=1)]
    arguments: dict[str, Any] = Field(default_factory=dict)
    language: Literal["en", "fr"] = "en"

    @field_validator("notifier")
    @classmethod
    def _exists(cls, path: str) -> str:
        if problem := _problem(path):
            raise ValueError(problem)
        return path


@lru_cache(maxsize=64)
def _problem(path: str) -> str | None:
    """The problem of a class's path, if any; its module is read, not imported, as a DAG file imports nothing heavy."""
    module, _, name = path.rpartition(".")
    if not module or not name.isidentifier():
        return f"'{path}' is no class such as 'airflow.providers.smtp.notifications.smtp.SmtpNotifier'"
    try:
        found = find_spec(module)  # imports the packages above it alone
    except (ImportError, ValueError, AttributeError):
        found = None
    if found is None:
        return f"there is no module '{module}'; install the package that has it on every worker"
    names = _names_in(found.origin)
    if names is None or name in names:
        return None  # what cannot be read shows when it is used
    meant = get_close_matches(name, sorted(names), 1)
    return f"'{module}' has no class '{name}'" + (f"; did you mean '{meant[0]}'?" if meant else "")


def _names_in(origin: str | None) -> set[str] | None:
    """Names that a module defines or imports at its top; ``None`` if it has no source, or makes names otherwise."""
    if not origin or not origin.endswith(".py"):
        return None
    tree = ast.parse(Path(origin).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            if any(each.name == "*" for each in node.names):
                return None
            found.update(each.asname or each.name for each in node.names)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            if node.name == "__getattr__":
                return None
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(each.id for each in node.targets if isinstance(each, ast.Name))
    return found
