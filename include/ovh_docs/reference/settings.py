"""The reference of the settings: every environment variable that the package reads, with the function that reads it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ovh_docs.reference.markdown import MADE, described

NAME = re.compile(r"OVH_SMS_[A-Z_]*[A-Z]")


def settings(root: Path) -> dict[str, tuple[Path, str]]:
    """Return where each variable is read, and the docstring of the function that reads it."""
    found: dict[str, tuple[Path, str]] = {}
    for path in sorted((root / "plugins" / "ovh_sms").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "OVH_SMS_" in text:
            for name, docstring in _read(ast.parse(text)):
                if name not in found or (name in docstring and name not in found[name][1]):
                    found[name] = (path.relative_to(root), docstring)
    return dict(sorted(found.items()))


def _read(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that stand alone in a string, with the function that uses them, or a constant that is one."""
    constants = {
        each.targets[0].id: each.value.value
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and _is_name(each.value)
        if isinstance(each.value, ast.Constant)
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if _is_name(node) and isinstance(node, ast.Constant):
                yield node.value, ast.get_docstring(function) or ""
            elif isinstance(node, ast.Name) and node.id in constants:
                yield constants[node.id], ast.get_docstring(function) or ""


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(NAME.fullmatch(node.value))


def settings_page(root: Path) -> str:
    """Return the page."""
    chapters = [_chapter(name, path, text) for name, (path, text) in settings(root).items()]
    start = (
        "# Settings: every environment variable\n\n"
        "Set them alike for the scheduler, the DAG processor, the triggerer and every worker. The connection to "
        "OVH and that of the results are Airflow connections: "
        f"[The connection to OVH](../connection.md). {MADE}\n"
    )
    return "\n".join([start, *chapters])


def _chapter(name: str, path: Path, docstring: str) -> str:
    text, _, returned, _ = described(docstring)
    more = f"\n\nIt gives {returned}" if returned else ""
    return f"## {name}\n\n{text}{more}\n\nRead by [{path}](../../{path}).\n"
