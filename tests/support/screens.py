"""Pictures of pages, in ``build/screens/``: wide and as on a phone, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.sandbox import ROOT

if TYPE_CHECKING:
    from support.browser import Page

SCREENS = ROOT / "build" / "screens"
WIDTHS = (1400, 390)
THEMES = ("light", "dark")
#: Whether a part of the page is wider than the screen and no box of its own scrolls it.
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def take_here(page: Page, name: str) -> None:
    """Take the four pictures of the page that is open, which no address leads to."""
    for theme in THEMES:
        page.value(f"document.documentElement.dataset.theme = '{theme}'")
        for width in WIDTHS:
            page.resize(width)
            page.wait_for(f"!({TOO_WIDE})")
            page.screenshot(SCREENS / f"{name}_{width}_{theme}.png")


def take(page: Page, address: str, name: str) -> None:
    """Take the four pictures of a page; each must fit its screen, and its policy must hold.

    :param name: of the files, without width, theme and ``.png``.
    """
    for theme in THEMES:
        page.system_theme(theme)
        for width in WIDTHS:
            page.open(address, width=width)
            assert page.value("document.documentElement.dataset.theme") == theme
            page.wait_for(f"!({TOO_WIDE})")
            assert page.complaints == []
            page.screenshot(SCREENS / f"{name}_{width}_{theme}.png")
    page.system_theme("light")
