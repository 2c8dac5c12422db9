"""A run beside the limits of its campaign and the last run that was sent, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ovh_sms.report import words

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.store.last_runs import LastRun


def exceeded_line(say: Translator, name: str, numbers: Mapping[str, Any]) -> str:
    """Say that a run exceeds a limit, or has grown unusually.

    :param name: of the field below ``limits``.
    :param numbers: its figures, as a question to a person keeps them.
    """
    if name == "growth":
        return say(
            "The last run that was sent wrote to {before}: {times} times as many now.",
            before=_people(say, int(numbers["before"])),
            times=words.count(round(numbers["times"], 1), say.language),
        )
    if name == "rejected_growth":
        return _rejects(say, **{each: numbers[each] for each in ("rejected", "rows", "before", "rows_before")})
    if name == "rows":
        return say("These are more people than `limits` allows.")
    return say("This is more than the price that `limits` allows.")


def compared_lines(say: Translator, *, people: int, rows: int, faults: int, last: LastRun | None) -> list[str]:
    """Say how many people a prepared list has, beside the last run of the campaign that was sent.

    :param rows: of the contact list.
    :param faults: rows that were rejected for their faults.
    """
    now = _people(say, people)
    if last is None:
        return [say("The list has {people}. No run of this campaign was sent before.", people=now)]
    before = _people(say, last.accepted)
    first = say("The list has {people}. The last run that was sent wrote to {before}.", people=now, before=before)
    return [first, _rejects(say, rejected=faults, rows=rows, before=last.faults, rows_before=last.rows)]


def _rejects(say: Translator, *, rejected: int, rows: int, before: int, rows_before: int) -> str:
    figures = {"n": rejected, "rows": rows, "before": before, "rows_before": rows_before}
    return say(
        "{n} of {rows} rows were rejected for their faults, {before} of {rows_before} in the last run that was sent.",
        **{name: words.count(value, say.language) for name, value in figures.items()},
    )


def _people(say: Translator, number: int) -> str:
    return say.several(number, "{n} person", "{n} people")
