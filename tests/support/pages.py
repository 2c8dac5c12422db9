"""The documents, for tests that hold them against the code: chapters, tables, blocks of code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
).stdout.splitlines()
#: Folders without documents of our own, where this is no git checkout.
SKIPPED = {".venv", "build", ".git", "node_modules"}
FILES = [ROOT / name for name in TRACKED] or [
    path for path in ROOT.rglob("*") if not SKIPPED & set(path.relative_to(ROOT).parts)
]
PAGES = sorted(path for path in FILES if path.suffix == ".md" and path.is_file())
FENCE = re.compile(r"^```(\w*)[ \t]*(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def chapter(page: str, heading: str) -> str:
    """The text under a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", page, re.MULTILINE)
    assert found, f"no heading {heading!r}"
    rest = page[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(part: str) -> list[list[str]]:
    """Cells of the table rows of a text, the escaped bars of Markdown put right."""
    lines = [line for line in part.splitlines() if line.startswith("|") and not line.startswith("|---")]
    cells = [re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in lines]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]


def table(part: str) -> dict[str, list[str]]:
    """Rows by the first cell, without its backticks."""
    return {row[0].strip("`"): row[1:] for row in rows(part)}


def blocks(page: Path) -> list[tuple[str, str, str]]:
    return [(lang, mark, body) for lang, mark, body in FENCE.findall(page.read_text(encoding="utf-8"))]


def marked(name: str, mark: str) -> list[str]:
    return [body for _, found, body in blocks(DOCS / name) if found == mark]


def run_code(name: str, code: str, **names: Any) -> dict[str, Any]:
    """Run Python code of a page as a module of its own, with some names set before; returns all its names."""
    space: dict[str, Any] = {"__name__": "docs_example", **names}
    exec(compile(code, f"docs/{name}", "exec"), space)
    return space


def run_marked(name: str, mark: str, replaced: dict[str, str] | None = None) -> dict[str, Any]:
    """Run the one marked block of a page, some of its text replaced, as a path of its reader; returns its names."""
    (code,) = marked(name, mark)
    for old, new in (replaced or {}).items():
        assert old in code, f"{old} is not in docs/{name}"
        code = code.replace(old, new)
    return run_code(name, code)
