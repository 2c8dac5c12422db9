"""Links of the pages that leave ``docs/``: the site holds a copy of each file that one leads to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path

#: Copies of files of the repository stand below it; so nothing of the site needs a network.
COPIES = "repository"
#: End of a copy's name if the file is no page.
_SOURCE = ".source.md"
#: They are on the site whether or not a page leads to them.
PROJECT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml", ".sh": "bash"}
_BLOCK = re.compile(r"^[ ]*(```+|~~~+).*?^[ ]*\1[ ]*$|`(?:[^`\n]|\n(?!\n))+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def links_of(page: str) -> Iterator[str]:
    """Yield the targets of a page's links, those within code left out."""
    for found in _LINK.finditer(_BLOCK.sub("", page)):
        yield found[2]


def site_page(repository_path: str) -> str:
    """Return the page of the site that shows a file of the repository.

    :param repository_path: such as ``docs/credits.md`` or ``dags/sms_campaigns.py``.
    """
    if repository_path.startswith("docs/"):
        return repository_path.removeprefix("docs/")
    return f"{COPIES}/{repository_path}" + ("" if repository_path.endswith(".md") else _SOURCE)


def repository_path(page: str) -> str:
    """Return the file of the repository that a page of the site shows."""
    if page.startswith(f"{COPIES}/"):
        return page.removeprefix(f"{COPIES}/").removesuffix(_SOURCE)
    return f"docs/{page}"


def copied_files(root: Path, pages: dict[str, str]) -> dict[str, str]:
    """Return the pages that show the files to which links lead, and those to which these lead.

    :param root: of the repository.
    :param pages: texts by their path below ``docs``.
    :returns: texts by path; those of files that are no pages as blocks of code.
    """
    copies = {site_page(name): _shown(root / name, name) for name in PROJECT if (root / name).is_file()}
    waiting = [*pages.items(), *copies.items()]
    while waiting:
        page, text = waiting.pop()
        for target in _outside(page, text):
            copy = site_page(target)
            file = root / target
            if copy in pages or copy in copies or not file.is_file():
                continue
            copies[copy] = _shown(file, target)
            waiting.append((copy, copies[copy]))
    return copies


def _outside(page: str, text: str) -> Iterator[str]:
    here = posixpath.dirname(repository_path(page))
    for link in links_of(text):
        path = link.partition("#")[0]
        if path and not re.match(r"[a-z]+:", path):
            target = posixpath.normpath(posixpath.join(here, path))
            if not target.startswith(("docs/", "..")):
                yield target


def _shown(file: Path, name: str) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return text
    return f"# {name}\n\n````{_LANGUAGES.get(file.suffix, 'text')}\n{text}````\n"


def for_site(page: str, text: str) -> str:
    """Have the links of a page lead to the pages of the site.

    :param page: its path on the site.
    :param text: its Markdown, with the links of the repository.
    """
    here, mine = posixpath.dirname(repository_path(page)), posixpath.dirname(page)

    def moved(found: re.Match[str]) -> str:
        path, mark, anchor = found[2].partition("#")
        if not path or re.match(r"[a-z]+:", path) or path.startswith("/"):
            return found[0]
        target = posixpath.normpath(posixpath.join(here, path))
        return f"{found[1]}{posixpath.relpath(site_page(target), mine or '.')}{mark}{anchor}{found[3]}"

    return _outside_code(text, lambda prose: _LINK.sub(moved, prose))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    changed, end = [], 0
    for code in _BLOCK.finditer(text):
        changed += [change(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*changed, change(text[end:])])
