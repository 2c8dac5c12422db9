"""The headline of a report: its first numbers, of one or of several campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovh_sms.report import words
from ovh_sms.report.figures import known_sum, rate
from ovh_sms.report.language import ENGLISH, translator
from ovh_sms.report.models import Figures


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One headline number; ``share`` draws a meter under it, in percent."""

    name: str
    value: str
    note: str
    share: float | None = None


def tiles(several: Sequence[Figures]) -> list[Tile]:
    """Make the headline of one or several campaigns."""
    rejected = sum(sum(each.rejected.values()) for each in several)
    refused = _sum(several, "refused")
    lost = f"{words.count(rejected)} rejected" if rejected else "none rejected"
    if refused:
        lost += f", {words.count(refused)} refused by OVH"
    opt_outs, delivered = _sum(several, "opt_outs"), _sum(several, "delivered")
    spent = known_sum([each.credits_spent for each in several])
    estimated = known_sum([each.credits_estimated for each in several])
    return [
        _delivered(several),
        Tile(
            name="Submitted",
            value=words.count(_sum(several, "submitted")),
            note=f"of {_sum(several, 'rows'):,} rows, {lost}",
        ),
        Tile(
            name="STOP rate",
            value=words.percent(rate(opt_outs, delivered)),
            note=f"{opt_outs:,} of {delivered:,} delivered",
        ),
        Tile(
            name="Credits spent", value=words.count(spent), note=words.difference(spent, estimated, translator(ENGLISH))
        ),
    ]


def _delivered(several: Sequence[Figures]) -> Tile:
    """A share of the whole only once every batch is collected."""
    delivered, submitted = _sum(several, "delivered"), _sum(several, "submitted")
    collected, batches = _sum(several, "batches_collected"), _sum(several, "batches")
    if collected == batches:
        share = rate(delivered, submitted)
        note = f"{delivered:,} of {submitted:,} submitted"
        return Tile(name="Delivered", value=words.percent(share), note=note, share=share)
    note = f"of {submitted:,} submitted, "
    if not collected:
        return Tile(name="Delivered", value=words.ABSENT, note=f"{note}not collected yet")
    note += f"{collected:,} of {batches:,} batches collected"
    return Tile(name="Delivered", value=words.count(delivered), note=note)


def _sum(several: Sequence[Figures], name: str) -> int:
    return sum(getattr(each, name) for each in several)
