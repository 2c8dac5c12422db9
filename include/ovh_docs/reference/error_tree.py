"""The reference of the errors: each class, when its task is tried again, and the messages that the code raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ovh_docs.reference.markdown import MADE, described, table

#: An error; its texts as the code has them, ``…`` in the place of each value: what happened, and what to do.
Texts = dict[str, list[tuple[str, str]]]


def error_classes() -> list[type]:
    """Return every error of the package that a person may see, a class before those below it."""
    from ovh_sms.errors import NotMade, OvhSmsError

    def below(base: type) -> Iterator[type]:
        yield base
        for each in base.__subclasses__():
            if each is not NotMade and each.__module__.startswith("ovh_sms.errors"):
                yield from below(each)

    return [*below(OvhSmsError)]


def errors_page(root: Path) -> str:
    """Return the page."""
    texts = messages(root)
    chapters = [_chapter(each, texts.get(each.__name__, [])) for each in error_classes()]
    start = (
        "# Errors: every class and message\n\n"
        "An error says what happened, what was not done, and what to do. In its text, values stand in the place of "
        "each `…` of this page. What an error means for a task: "
        f"[Troubleshooting](../troubleshooting.md). {MADE}\n"
    )
    return "\n".join([start, *chapters])


def _chapter(error: type, texts: list[tuple[str, str]]) -> str:
    from ovh_sms.retry_policy import retry_policy

    waits = {rule.exception.rsplit(".", 1)[-1]: rule.retry_delay for rule in retry_policy().rules}
    text, parameters, *_ = described(error.__doc__)
    above = error.__bases__[0].__name__
    wait = waits.get(error.__name__)
    tried = (
        f"The task is tried again after {wait.total_seconds() / 60:g} min." if wait else "The task is not tried again."
    )
    kind = f" A kind of [{above}](#{above.lower()})." if above != "Exception" else ""
    executed = {True: "OVH executed the write.", None: "It is not known whether the write was executed."}
    said = executed.get(getattr(error, "was_executed", False), "")
    carried = table(("It carries", "Meaning"), [(f"`{name}`", about) for name, about in parameters.items()])
    shown = table(("What happened", "What was not done, and what to do"), sorted(set(texts)))
    lines = [f"## {error.__name__}", f"{text}{kind} {tried} {said}".strip()]
    return "\n\n".join([*lines, *([carried] if parameters else []), *([shown] if texts else [])]) + "\n"


def messages(root: Path) -> Texts:
    """Return the texts of the errors that the package raises."""
    names = {each.__name__ for each in error_classes()}
    found: Texts = {}
    for path in sorted((root / "plugins" / "ovh_sms").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            each.targets[0].id: each.value
            for each in tree.body
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                what = _text(node.args[0], constants)
                action = next((_text(each.value, constants) for each in node.keywords if each.arg == "action"), "")
                if what.strip("…. "):
                    found.setdefault(node.func.id, []).append((what, action))
    return found


def _text(node: ast.AST, constants: dict[str, ast.expr]) -> str:
    """A text of the code, with ``…`` for each value."""
    if isinstance(node, ast.Constant):
        return _escaped(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(each, constants) for each in node.values)
    if isinstance(node, ast.FormattedValue):
        inner = node.value
        is_text = isinstance(inner, ast.Name) and isinstance(constants.get(inner.id), ast.Constant)
        return _text(constants[inner.id], constants) if is_text and isinstance(inner, ast.Name) else "…"
    if isinstance(node, ast.Name) and node.id in constants:
        return _text(constants[node.id], {})
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, constants) + _text(node.right, constants)
    return "…"


def _escaped(text: str) -> str:
    for mark in "\\`*_<[":
        text = text.replace(mark, f"&#{ord(mark)};")
    return text
