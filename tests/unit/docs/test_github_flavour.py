"""A page is read on the site as the repository shows it, also where Python-Markdown has rules of its own."""

from __future__ import annotations

import pytest
from markdown import markdown
from markdown_it import MarkdownIt

from ovh_docs.github_flavour import GitHubFlavour, as_python_markdown, slug
from support.site import Html

PAGES = [
    "- one:\n  - two\n    goes on\n  - three\n\n  A text.\n- four",
    "A text:\n- one\n- two",
    "1. one, port\n   443. Then more\n2. two\n3. three",
    "In the year\n2026. it was",
    "`a\n#b#` is code",
    "#b# is text\n\n# A heading",
    "| a | b |\n|---|---|\n| `x\\|y` | 1 |",
    "- one\n\n  ```yaml campaign\n  a: 1\n  - b\n  ```\n\n  more\n- two",
    "1. one\n   - two\n   - three\n2. four",
]


@pytest.mark.parametrize("page", PAGES)
def test_lists_headings_and_code_are_the_same_as_for_another_reader(page: str) -> None:
    shown, expected = Html(), Html()
    extensions = ["tables", "pymdownx.superfences", GitHubFlavour()]
    shown.feed(f"<article>{markdown(as_python_markdown(page), extensions=extensions)}</article>")
    expected.feed(f"<article>{MarkdownIt('commonmark').enable('table').render(page)}</article>")
    for tag in ("ul", "ol", "li", "h1", "pre", "table", "td"):
        assert shown.article[tag] == expected.article[tag], tag


def test_anchors_are_those_of_the_repository() -> None:
    assert slug("The command `ovh-sms`: what it's for".replace("`", "")) == "the-command-ovh-sms-what-its-for"
    assert slug("Réponses à lire") == "réponses-à-lire"
