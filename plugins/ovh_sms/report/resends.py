"""The resends of a run's failed messages beside its figures: with them, each message counts once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.report import words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ovh_sms.report.language import Translator
    from ovh_sms.report.models import Figures
    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.store import Store


def resends_of(store: Store, records: Sequence[SubmissionRecord]) -> dict[str, Any]:
    """Read the resends of a run, and the one that it is itself; nothing for one batch of several.

    :returns: the two fields of :class:`~ovh_sms.report.models.Figures`.
    """
    first = records[0]
    if len(records) == 1 and first.batches > 1:
        return {}
    made = store.resends.results(first.dag_id, first.run_id)
    return {
        "resend_of": store.resends.of_run(first.dag_id, first.run_id),
        "resends": tuple(each for each in made if each.submitted),
    }


def resends_as_json(figures: Figures) -> dict[str, Any]:
    """Return the resends of a run as plain JSON values, and what they have reached together with it."""
    it, reached = figures.resend_of, figures.reached_with_resends
    own = it and {"run_id": it.source_run_id, "asked_at": it.asked_at.isoformat(), "asked_by": it.asked_by}
    made = [
        {
            "run_id": each.resend.run_id,
            "asked_at": each.resend.asked_at.isoformat(),
            "asked_by": each.resend.asked_by,
            "submitted": each.submitted,
            "delivered": each.delivered,
        }
        for each in figures.resends
    ]
    return {"resend_of": own, "resends": made, "reached_with_resends": reached}


def resend_notices(figures: Figures, zone: ZoneInfo, say: Translator) -> list[str]:
    """Say that a run is a resend, and what its own resends have reached."""
    found, language = [], say.language
    if (own := figures.resend_of) is not None:
        sentence = "Resend of the messages of run {run} that failed: {by} asked for it on {at}."
        at = words.moment(own.asked_at, zone, language)
        found.append(say(sentence, run=own.source_run_id, by=own.asked_by, at=at))
    for each in figures.resends:
        made = say.several(
            each.submitted,
            "Resent on {at}: {n} failed message, as {by} asked.",
            "Resent on {at}: {n} failed messages, as {by} asked.",
            at=words.moment(each.resend.asked_at, zone, language),
            by=each.resend.asked_by,
        )
        if not each.is_collected:
            found.append(f"{made} {say('Not collected yet.')}")
            continue
        delivered = say("{n} of them delivered.", n=words.count(each.delivered, language))
        found.append(f"{made} {delivered}")
    if figures.resends:
        reached = figures.reached_with_resends
        share = words.percent(100 * reached / figures.submitted if figures.submitted else None, language)
        sentence = "With resends, {reached} of {n} messages were delivered ({share}): each message counts once."
        n = words.count(figures.submitted, language)
        found.append(say(sentence, reached=words.count(reached, language), n=n, share=share))
    return found
