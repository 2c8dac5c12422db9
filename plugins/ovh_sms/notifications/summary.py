"""The figures of a run as a short text, without numbers of persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.report import words
from ovh_sms.report.language import translator
from ovh_sms.report.page import run_view
from ovh_sms.report.remarks import warnings

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.report.models import Figures


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A notification in the forms that notifiers take.

    :param html: safe markup of the same.
    """

    title: str
    text: str
    html: str


def summarise(figures: Figures, *, language: str, zone: str = "Europe/Paris") -> Summary:
    """Write the funnel of a run, what it cost, and what is unusual. The sender, which may be a number, is not in it.

    :param language: ``en`` or ``fr``.
    """
    from markupsafe import Markup

    say, local = translator(language), ZoneInfo(zone)
    view = run_view(figures, local, say)
    title = _title(figures, say)
    funnel = next(card for card in view.cards if card.name == "funnel").bars
    statuses = [bar for bar in view.statuses if bar.value != "0"]
    rows = [(bar.name, bar.value, ", ".join(filter(None, (bar.note, bar.detail)))) for bar in (*funnel, *statuses[1:])]
    rows += [
        (tile.name, tile.value, tile.note)
        for tile in view.tiles
        if tile.name in {say("STOP rate"), say("Credits spent")}
    ]
    if figures.money_spent is not None:
        rows.append(
            (say("Money spent"), words.money(figures.money_spent, figures.currency, language), say("without tax"))
        )
    remarks = [*view.alerts, *view.notices]
    lines = [title, say("Run {run_id}, sent on {at}", run_id=figures.run_id, at=view.sent_at), ""]
    lines += [f"{name}: {value}{f' ({note})' if note else ''}" for name, value, note in rows]
    lines += ["", *remarks] if remarks else []
    table = Markup("").join(Markup("<tr><th>{}</th><td>{}</td><td>{}</td></tr>").format(*row) for row in rows)
    said = Markup("").join(Markup("<p><strong>{}</strong></p>").format(each) for each in remarks)
    html = Markup("<h1>{}</h1><p>{}</p>{}<table>{}</table>").format(title, lines[1], said, table)
    return Summary(title=title, text="\n".join(lines), html=str(html))


def _title(figures: Figures, say: Translator) -> str:
    name = {"name": figures.campaign}
    if warnings(figures, say):
        return say("SMS campaign {name}: check its figures", **name)
    if figures.is_partial:
        return say("SMS campaign {name}: {n} of {of} batches", n=figures.batches_collected, of=figures.batches, **name)
    return (
        say("SMS campaign {name}: provisional figures", **name)
        if figures.provisional
        else say("SMS campaign {name}: figures", **name)
    )
