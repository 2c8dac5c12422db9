"""The headline of a report: its first numbers, of one or of several campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from ovh_sms.report import words
from ovh_sms.report.figures import known_sum, rate
from ovh_sms.report.language import Translator
from ovh_sms.report.models import Figures
from ovh_sms.report.view import Tile


def tiles(several: Sequence[Figures], say: Translator) -> list[Tile]:
    """Make the headline of one or several campaigns."""
    language = say.language
    opt_outs, delivered = _sum(several, "opt_outs"), _sum(several, "delivered")
    spent = known_sum([each.credits_spent for each in several])
    estimated = known_sum([each.credits_estimated for each in several])
    stop_note = say(
        "{part} of {whole} delivered", part=words.count(opt_outs, language), whole=words.count(delivered, language)
    )
    return [
        _delivered(several, say),
        _submitted(several, say),
        Tile(name=say("STOP rate"), value=words.percent(rate(opt_outs, delivered), language), note=stop_note),
        Tile(
            name=say("Credits spent"), value=words.count(spent, language), note=words.difference(spent, estimated, say)
        ),
    ]


def _submitted(several: Sequence[Figures], say: Translator) -> Tile:
    rejected = sum(sum(each.rejected.values()) for each in several)
    lost = say("{n} rejected", n=words.count(rejected, say.language)) if rejected else say("none rejected")
    if refused := _sum(several, "refused"):
        lost += ", " + say("{n} refused by OVH", n=words.count(refused, say.language))
    if not_written := _sum(several, "not_written"):
        lost += ", " + say("{n} not written to", n=words.count(not_written, say.language))
    rows = say("of {n} rows", n=words.count(_sum(several, "rows"), say.language))
    submitted = words.count(_sum(several, "submitted"), say.language)
    return Tile(name=say("Submitted"), value=submitted, note=f"{rows}, {lost}")


def _delivered(several: Sequence[Figures], say: Translator) -> Tile:
    """A share of the whole only once every batch is collected."""
    delivered, submitted = _sum(several, "delivered"), _sum(several, "submitted")
    collected, batches = _sum(several, "batches_collected"), _sum(several, "batches")
    name, whole = say("Delivered"), words.count(submitted, say.language)
    if collected == batches:
        share = rate(delivered, submitted)
        note = say("{part} of {whole} submitted", part=words.count(delivered, say.language), whole=whole)
        return Tile(name=name, value=words.percent(share, say.language), note=note, share=share)
    if not collected:
        note = say("of {whole} submitted, not collected yet", whole=whole)
        return Tile(name=name, value=words.ABSENT, note=note)
    note = say("of {whole} submitted, {n} of {of} batches collected", whole=whole, n=collected, of=batches)
    return Tile(name=name, value=words.count(delivered, say.language), note=note)


def _sum(several: Sequence[Figures], name: str) -> int:
    return sum(getattr(each, name) for each in several)
