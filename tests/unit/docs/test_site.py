"""The site of the documentation is whole: it is built strictly, works without a network, and shows every page."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from ovh_docs.links import COPIES, links_of
from ovh_docs.navigation import with_pages
from support.pages import DOCS, FENCE, PAGES, ROOT, named
from support.site import Html, build

GUIDES = sorted(each.relative_to(DOCS).as_posix() for each in PAGES if DOCS in each.parents)
#: Elements that a page has as often on the site as in the repository.
COUNTED = ("h1", "h2", "h3", "h4", "li", "table", "tr", "td", "pre", "blockquote", "img", "a", "strong")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


@cache
def page_of(path: Path) -> Html:
    return Html.read(path)


def test_every_link_and_anchor_of_the_site_leads_somewhere(site: Path) -> None:
    pages = [each for each in sorted(site.rglob("*.html")) if each.name != "404.html"]  # it is for servers alone
    assert len(pages) > len(GUIDES)
    links = [(page, link) for page in pages for link in dict.fromkeys(page_of(page).links)]
    broken = {f"{page.relative_to(site)}: {link}": problem_of(link, page) for page, link in links}
    assert {name: problem for name, problem in broken.items() if problem} == {}


def problem_of(link: str, page: Path) -> str | None:
    given = urlsplit(link)
    if given.scheme:
        good = given.scheme in ("http", "https", "mailto") and bool(given.netloc or given.scheme == "mailto")
        return None if good else "is no address"
    file = (page.parent / unquote(given.path)).resolve() if given.path else page
    if not file.is_file():
        return "no such file"
    if given.fragment and file.suffix == ".html" and unquote(given.fragment) not in page_of(file).ids:
        return "no such anchor"
    return None


def test_a_page_loads_nothing_from_another_server(site: Path) -> None:
    for page in sorted(site.rglob("*.html")):
        foreign = [each for each in page_of(page).loaded if urlsplit(each).scheme not in ("", "data")]
        assert not foreign, page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style


@pytest.mark.parametrize("guide", GUIDES)
def test_a_page_is_shown_as_in_the_repository(site: Path, guide: str) -> None:
    """Another reader of Markdown, with the rules of the repository's site, finds the same in the page."""
    from markdown_it import MarkdownIt

    text = (DOCS / guide).read_text(encoding="utf-8")
    rendered = MarkdownIt("commonmark").enable("table").render(text)
    expected = Html()
    expected.feed(f"<article>{rendered}</article>")
    shown = page_of(site / guide.replace(".md", ".html")).article
    wanted = {tag: expected.article[tag] for tag in COUNTED}
    assert Counter({tag: shown[tag] for tag in COUNTED}) == Counter(wanted)


def navigation() -> list[Any]:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav: list[Any] = yaml.safe_load(text)["nav"]
    return nav


def leaves(nav: list[Any]) -> list[str]:
    found = []
    for entry in nav:
        content = next(iter(entry.values())) if isinstance(entry, dict) else entry
        found += leaves(content) if isinstance(content, list) else [content]
    return found


def test_every_page_is_in_the_navigation_once() -> None:
    shown = Counter(leaves(with_pages(navigation(), GUIDES)))
    assert set(GUIDES) - {*shown} == set(), "name these pages in the navigation of mkdocs.yml"
    assert max(shown.values()) == 1


def test_a_page_that_nothing_names_is_an_orphan_and_one_that_is_missing_is_left_out() -> None:
    nav: list[Any] = ["a.md", {"Some": ["b.md", "gone.md"]}, {"None": ["none/*.md"]}, {"C": "c.md"}, {"D": "d.md"}]
    shown = with_pages(nav, ["a.md", "b.md", "c.md", "orphan.md"])
    assert shown == ["a.md", {"Some": ["b.md"]}, {"C": "c.md"}]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_each_picture_says_what_it_shows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text)
    pictures += re.findall(r'<img [^>]*?alt="([^"]*)"()', text)
    assert len(pictures) == len(re.findall(r"!\[|<img ", FENCE.sub("", text)))
    assert all(len(alt.split()) > 2 for alt, _ in pictures), "describe the picture"


def test_every_picture_is_shown_by_a_page() -> None:
    shown = set()
    for page in PAGES:
        here = page.relative_to(ROOT).parent.as_posix()
        text = page.read_text(encoding="utf-8")
        for link in [*links_of(text), *re.findall(r'<img [^>]*?src="([^"]+)"', text)]:
            shown.add(posixpath.normpath(posixpath.join(here, link)))
    files = {named(each) for each in (DOCS / "images").iterdir() if each.is_file()}
    assert files - shown == set()


def test_files_outside_of_the_guides_have_a_copy_on_the_site(site: Path) -> None:
    for name in ("CONTRIBUTING.html", "CHANGELOG.html", "dags/sms_campaigns.py.source.html"):
        assert (site / COPIES / name).is_file()
    assert "campaign_dags" in (site / COPIES / "dags/sms_campaigns.py.source.html").read_text(encoding="utf-8")


def test_the_search_finds_guides_and_references_and_no_old_change(site: Path) -> None:
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    assert index.startswith("var __index")
    assert "reference/errors.html" in index
    assert "when-it-leaves.html" in index
    assert "CHANGELOG" not in re.findall(r'"location":\s*"([^"]*)"', index)
