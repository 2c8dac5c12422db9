"""The site of the documentation in a real browser, opened as files: it fits a phone and asks no other server."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.browser import Page, chromium
from support.screens import SCREENS, THEMES, TOO_WIDE, WIDTHS
from support.site import build

__all__ = ["chromium"]

SAMPLE = ("index", "campaigns", "reference/campaign-file", "results-and-report", "glossary", "reference/errors")
LOADED = "performance.getEntriesByType('resource').map(each => each.name).concat(location.href)"
BACKGROUND = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


def address(site: Path, name: str) -> str:
    return (site / f"{name}.html").as_uri()


@pytest.mark.parametrize("name", SAMPLE)
def test_a_page_fits_a_phone_and_a_desk_and_loads_files_alone(chromium: Page, site: Path, name: str) -> None:
    for theme in THEMES:
        chromium.system_theme(theme)
        for width in WIDTHS:
            chromium.open(address(site, name), width=width)
            assert not chromium.value(TOO_WIDE), (name, theme, width)
            assert (chromium.wait_for(BACKGROUND) > 200) is (theme == "light")
            assert {each.partition(":")[0] for each in chromium.value(LOADED)} == {"file"}
            assert chromium.complaints == []
            chromium.screenshot(SCREENS / f"docs_{name.replace('/', '_')}_{width}_{theme}.png")


def test_on_a_phone_each_cell_of_a_table_has_the_name_of_its_column(chromium: Page, site: Path) -> None:
    chromium.open(address(site, "glossary"), width=390)
    cell = "document.querySelectorAll('article td')[2]"
    assert chromium.value(f"{cell}.dataset.label") == "Meaning"
    assert chromium.value(f"getComputedStyle({cell}).display") == "block"


def test_the_search_works_without_a_server(chromium: Page, site: Path) -> None:
    chromium.open(address(site, "index"), width=1400)
    chromium.click("[data-md-component=search-query]")
    chromium.type_into("[data-md-component=search-query]", "OutcomeUnknown")
    chromium.wait_for("document.querySelectorAll('.md-search-result__item a').length")
    found = chromium.value("[...document.querySelectorAll('.md-search-result__item a')].map(each => each.href)")
    assert any("reference/errors.html" in each for each in found)
    chromium.follow(".md-search-result__item a")
    assert chromium.value("document.querySelector('h1').innerText")
    assert chromium.complaints == []
