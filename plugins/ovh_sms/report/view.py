"""The view objects that templates render: plain texts and lengths, nothing left to compute."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup

    from ovh_sms.report.models import Figures


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One headline number; ``share`` draws a meter under it, in percent."""

    name: str
    value: str
    note: str
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One line of a bar chart: ``share`` is its length in percent, ``start`` where it begins in a stack."""

    name: str
    value: str
    share: float
    note: str = ""
    detail: str = ""
    colour: str = "accent"
    start: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; its first column names the rows.

    :param numeric: columns of numbers, from 0; they are right-aligned.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart with its accessible twin.

    :param spec: ``data`` and ``layout`` of plotly.js; ``var(--name)`` stands for a colour of the page.
    :param table: the table that says the same.
    """

    label: str
    spec: dict[str, Any]
    table: Table
    note: str = ""

    @property
    def json(self) -> Markup:
        """The spec for a ``<script type="application/json">``: nothing in it ends the element or starts another."""
        from markupsafe import Markup

        text = json.dumps(self.spec, ensure_ascii=True, separators=(",", ":"))
        for character in "<>&":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return Markup(text)  # noqa: S704 - made safe in the line above


@dataclass(frozen=True, kw_only=True)
class Card:
    """One part of a run's page; it shows what it has, in the order of its fields.

    :param name: of its element, for links.
    :param note: a sentence under the title.
    :param stack: a bar of several parts, with their legend.
    :param bars: bars below each other.
    :param columns: names of a bar's three columns, for those who do not see it.
    :param marks: (name, value) in a row.
    :param empty: the sentence that stands there if there is nothing else.
    """

    name: str
    title: str
    note: str = ""
    stack: list[Bar] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    columns: tuple[str, str, str] = ("", "", "")
    marks: list[tuple[str, str]] = field(default_factory=list)
    chart: Chart | None = None
    table: Table | None = None
    empty: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it needs the page's whole width."""
        if self.table is None or len(self.table.columns) <= 4:
            return False
        return len(self.table.numeric) < len(self.table.columns) - 1  # figures are short, words are not


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A state in a few words; ``tone`` is ``good``, ``warn``, ``wait`` or empty."""

    text: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One run, or one submission, as ``sections.html.j2`` shows it.

    :param about: (name, value), such as the sender.
    :param alerts: what is wrong with the figures or unusual, each one sentence.
    :param notices: what a person did: a resolution, a cancellation, a repetition.
    """

    figures: Figures
    title: str
    sent_at: str
    chips: list[Chip]
    about: list[tuple[str, str]]
    alerts: list[str]
    notices: list[str]
    tiles: list[Tile]
    cards: list[Card]

    @property
    def has_charts(self) -> bool:
        """Whether plotly.js is needed to draw it."""
        return any(card.chart for card in self.cards)

    @property
    def statuses(self) -> list[Bar]:
        """The bar of its delivery statuses."""
        return next(card.stack for card in self.cards if card.stack)
