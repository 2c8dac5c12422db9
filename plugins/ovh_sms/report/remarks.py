"""Sentences about a run: what is wrong with its figures or unusual, what persons did, and what was removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.report import words
from ovh_sms.report.history import NAMES
from ovh_sms.report.language import translatable
from ovh_sms.report.resends import resend_notices

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ovh_sms.report.language import Translator
    from ovh_sms.report.models import Figures

#: Somebody whom Airflow does not name.
A_PERSON = translatable("a person")


def alerts(figures: Figures, say: Translator) -> list[str]:
    """Say what is wrong with the figures, if anything is."""
    taken = figures.submitted - figures.surplus
    found = [words.surplus(figures.surplus, say)] if figures.surplus else []
    if figures.unaccounted:
        found.append(words.mismatch(figures.accepted - figures.not_written, taken, figures.refused, say))
    return [*found, *warnings(figures, say)]


def warnings(figures: Figures, say: Translator) -> list[str]:
    """Say which rates are unusual, and whether more people answered STOP than the campaign allows."""
    language = say.language
    found = [
        say(
            "{rate} is unusual: {share}, usually {low} to {high} ({n} runs).",
            rate=say(NAMES[each.name]),
            share=words.percent(each.rate, language),
            low=words.percent(each.low, language),
            high=words.percent(each.high, language),
            n=each.runs,
        )
        for each in figures.unusual
    ]
    if figures.is_over_stop_threshold:
        reached, most = figures.opt_outs_per_thousand or 0, figures.stop_threshold
        found.append(
            say(
                "{n} STOPs for 1,000 delivered messages: more than the limit of {most}.",
                n=words.count(round(reached, 1), language),
                most=words.count(most, language),
            )
        )
    return found


def notices(figures: Figures, zone: ZoneInfo, say: Translator) -> list[str]:
    """Say what persons did to the run, its resends among that, and whether its messages were removed."""
    found = [words.resolved(tag, each, zone, say) for tag, each in figures.resolutions]
    if figures.cancelled:
        at = words.moment(figures.cancelled.at, zone, say.language)
        by = say(figures.cancelled.by or A_PERSON)
        withdrawn, of = (words.count(number, say.language) for number in (figures.withdrawn, figures.submitted))
        found.append(
            say("Cancelled by {by} on {at}: {n} of {of} withdrawn before they left.", by=by, at=at, n=withdrawn, of=of)
        )
    if figures.forced_by:
        at = words.moment(figures.sent_at, zone, say.language)
        by = say(figures.forced_by)
        found.append(say("Sent on {at} although it may repeat a message: {by} forced it.", by=by, at=at))
    found += resend_notices(figures, zone, say)
    if figures.purged_at:
        found.append(purged(figures.purged_at, zone, say))
    return found


def purged(at: datetime, zone: ZoneInfo, say: Translator) -> str:
    """Say that the messages of a run were purged."""
    sentence = "The messages were removed on {at}, as OVH_SMS_RETENTION_DAYS asks. Figures, costs and this page stay."
    return say(sentence, at=words.moment(at, zone, say.language))
