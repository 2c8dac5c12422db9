"""Sizes of files and functions, first lines of modules, and imports that lead back to where they come from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pages import FILES, ROOT

MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 60
SOURCES = sorted(path for path in FILES if path.suffix == ".py" and path.is_file())
PACKAGE = ROOT / "plugins" / "ovh_sms"


def long_functions(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield node.name, lines


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from running(child)


def imported(tree: ast.AST, known: set[str]) -> set[str]:
    """Modules of ours that a module imports, at once or later in a function; imports of types alone do not count."""
    found: set[str] = set()
    for node in running(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        else:
            continue
        longest = [name for name in names if name in known]
        found.update(longest[1:] or longest)
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Ways through the imports that come back to where they began."""
    done: set[str] = set()
    found: list[list[str]] = []

    def walk(module: str, way: list[str]) -> None:
        if module in way:
            found.append([*way[way.index(module) :], module])
        elif module not in done:
            for following in sorted(graph[module]):
                walk(following, [*way, module])
            done.add(module)

    for module in sorted(graph):
        walk(module, [])
    return found


def imports(package: Path) -> dict[str, set[str]]:
    def name(path: Path) -> str:
        return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")

    trees = {name(path): ast.parse(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")}
    return {module: imported(tree, set(trees)) - {module} for module, tree in trees.items()}


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in sizes.items() if lines > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name} has {lines} lines"
        for path in SOURCES
        for name, lines in long_functions(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_function_of_61_lines_is_found() -> None:
    body = "    pass\n"
    source = "def short():\n" + body * 59 + "def long():\n" + body * 60
    assert list(long_functions(source)) == [("long", 61)]


@pytest.mark.parametrize("package", [PACKAGE, ROOT / "include" / "ovh_sandbox", ROOT / "include" / "ovh_demo"])
def test_no_import_leads_back_to_where_it_comes_from(package: Path) -> None:
    assert circles(imports(package)) == []


def test_a_circle_over_three_modules_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c", "a"]]


def test_every_module_of_the_package_begins_with_its_purpose_in_one_line() -> None:
    docstrings = {path: ast.get_docstring(ast.parse(path.read_text())) or "" for path in PACKAGE.rglob("*.py")}
    assert [
        str(path.relative_to(ROOT)) for path, text in docstrings.items() if not text.partition("\n")[0].strip()
    ] == []


def test_only_the_protocol_makes_a_write_that_costs_or_reaches_people() -> None:
    writes = re.compile(
        r"\b(?:jobs\.submit|ovh_batches\.create|orders\.create|senders\.create|number_checks\.create|payments\.pay"
        r"|transfers\.create|users\.(?:create|change|delete)|write\.post)\("
    )
    found = {
        (path.relative_to(PACKAGE).as_posix(), call)
        for path in PACKAGE.rglob("*.py")
        if "api" not in path.relative_to(PACKAGE).parts
        for call in writes.findall(re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
    }
    assert found == {
        ("idempotency/protocol.py", "write.post("),
        ("sending/batch_post.py", "jobs.submit("),
        ("sending/ovh_batch_post.py", "ovh_batches.create("),
        ("sending/single_message_post.py", "jobs.submit("),
        ("outbox/group_post.py", "jobs.submit("),
        ("credits/order_post.py", "orders.create("),
        ("credits/payment_post.py", "payments.pay("),
        ("credits/transfer_post.py", "transfers.create("),
        ("accounts/sender_post.py", "senders.create("),
        ("number_checks/check_post.py", "number_checks.create("),
        ("accounts/user_post.py", "users.create("),
        ("accounts/user_post.py", "users.change("),
        ("accounts/user_post.py", "users.delete("),
    }
