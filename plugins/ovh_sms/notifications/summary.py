"""A run as a short text, without numbers of persons: its first line, then its figures or what a person must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.notifications.run_status import lines
from ovh_sms.report import words
from ovh_sms.report.language import translator
from ovh_sms.report.line_words import not_recorded
from ovh_sms.report.page import run_view
from ovh_sms.report.remarks import warnings
from ovh_sms.report.run_state import RunState
from ovh_sms.report.state_names import STATE_NAMES

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.report.line_words import RunLines
    from ovh_sms.report.models import Figures
    from ovh_sms.store.run_results import RunResults
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A notification in the forms that notifiers take.

    :param html: safe markup of the same.
    """

    title: str
    text: str
    html: str


def summarise(figures: Figures, *, language: str, first: str = "", zone: str = "Europe/Paris") -> Summary:
    """Write the funnel of a run, what it cost, and what is unusual. The sender, which may be a number, is not in it.

    :param language: ``en`` or ``fr``.
    :param first: first line of the run's page; empty if its state is not recorded.
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
    sent = say("Run {run_id}, sent on {at}", run_id=figures.run_id, at=view.sent_at)
    lines = [*filter(None, [first]), title, sent, ""]
    lines += [f"{name}: {value}{f' ({note})' if note else ''}" for name, value, note in rows]
    lines += ["", *remarks] if remarks else []
    table = Markup("").join(Markup("<tr><th>{}</th><td>{}</td><td>{}</td></tr>").format(*row) for row in rows)
    said = Markup("").join(Markup("<p><strong>{}</strong></p>").format(each) for each in remarks)
    begin = Markup("<p>{}</p>").format(first) if first else Markup("")
    html = Markup("{}<h1>{}</h1><p>{}</p>{}<table>{}</table>").format(begin, title, sent, said, table)
    return Summary(title=title, text="\n".join(lines), html=str(html))


def summarise_end(
    campaign: str, run_id: str, store: Store, results: list[RunResults], *, state: str, language: str, has_ended: bool
) -> Summary:
    """Write what became of a run that was not sent, or not whole, and what a person does about it.

    :param results: none if nothing of the run was recorded.
    :param language: ``en`` or ``fr``.
    :param has_ended: Airflow runs no task of it any more.
    """
    say = translator(language)
    title = say("SMS campaign {name}: {state}", name=campaign, state=say(STATE_NAMES[RunState(state)]))
    said = lines(store, results, language, has_ended=has_ended) or [not_recorded(say)]
    return summarise_lines(title, said, say("Run {run_id}", run_id=run_id))


def summarise_lines(title: str, said: Sequence[RunLines], *last: str) -> Summary:
    """Write the states of a run's contact lists, each with what a person does about it.

    :param last: lines below them.
    """
    from markupsafe import Markup

    text, html = [], Markup("")
    for each in said:
        text += [each.first, *filter(None, [each.action])]
        for meaning, command in each.choices:
            text += [*filter(None, [meaning]), f"    {command}"]
        html += Markup("<p><strong>{}</strong></p>").format(each.first)
        html += Markup("<p>{}</p>").format(each.action) if each.action else Markup("")
        for meaning, command in each.choices:
            html += Markup("<p>{}</p>").format(meaning) if meaning else Markup("")
            html += Markup("<pre>{}</pre>").format(command)
    html += Markup("").join(Markup("<p>{}</p>").format(each) for each in last)
    return Summary(title=title, text="\n".join([*text, "", title, *last]), html=str(html))


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
