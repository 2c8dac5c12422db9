"""The sentences that code and templates say, found in their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

PACKAGE = Path(__file__).resolve().parents[2] / "plugins" / "ovh_sms"
#: What says a sentence: ``say("…")``, ``translatable("…")``, ``Sentence("…")``, ``say.several(n, "…", "…")``.
SAYING, SAYING_SEVERAL = {"say", "translatable", "Sentence"}, "several"


def sentences() -> dict[str, str]:
    """Every sentence of the package, with the file that says it."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found |= dict.fromkeys(_of_code(path.read_text(encoding="utf-8")), path.name)
    for path in sorted(PACKAGE.rglob("*.j2")):
        found |= dict.fromkeys(_of_template(path.read_text(encoding="utf-8")), path.name)
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def _of_code(source: str) -> Iterator[str]:
    if not any(f"{name}(" in source for name in (*SAYING, SAYING_SEVERAL)):
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        said: list[ast.expr] = []
        if isinstance(node.func, ast.Name) and node.func.id in SAYING:
            said = node.args[:1]
        elif isinstance(node.func, ast.Attribute) and node.func.attr == SAYING_SEVERAL:
            said = node.args[1:3]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in SAYING:
            said = node.args[:1]
        yield from (each.value for each in said if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _of_template(source: str) -> Iterator[str]:
    from jinja2 import Environment, nodes

    for node in Environment().parse(source).find_all(nodes.Call):
        said: list[nodes.Expr] = []
        if isinstance(node.node, nodes.Name) and node.node.name in SAYING:
            said = node.args[:1]
        elif isinstance(node.node, nodes.Getattr) and node.node.attr == SAYING_SEVERAL:
            said = node.args[1:3]
        yield from (each.value for each in said if isinstance(each, nodes.Const))
