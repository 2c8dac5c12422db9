"""The STOPs of a run for 1,000 delivered messages: the one figure of the report, of alerts and of held batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ovh_sms.store.run_results import BatchResults


#: Fewer STOPs than these say nothing about a text, however few messages were delivered.
FEWEST_OPT_OUTS = 3


class StopRate(NamedTuple):
    """People who answered STOP, of those whom a message reached.

    :param reached: messages delivered, as far as they are counted.
    """

    opt_outs: int
    reached: int

    @property
    def per_thousand(self) -> float | None:
        """STOPs for 1,000 messages; ``None`` of nothing."""
        return 1_000 * self.opt_outs / self.reached if self.reached else None

    def is_over(self, threshold: float | None) -> bool:
        """Whether more people answered STOP than a campaign's ``stop_threshold`` allows, and at least three."""
        if threshold is None or self.per_thousand is None or self.opt_outs < FEWEST_OPT_OUTS:
            return False
        return self.per_thousand > threshold


def stop_rate(batches: Iterable[BatchResults]) -> StopRate:
    """Add up the batches of a run that OVH took.

    A batch whose messages are not collected counts as they were last counted at OVH. One that was never counted, or of
    which fewer were delivered by then than have answered STOP by now, counts as if all its messages were delivered.
    """
    sent = [each for each in batches if each.submitted is not None]
    return StopRate(sum(each.opt_outs for each in sent), sum(map(_reached, sent)))


def _reached(batch: BatchResults) -> int:
    if batch.collected_at is not None:
        return batch.delivered or 0
    if batch.polls and batch.polls[-1].delivered >= batch.opt_outs:
        return batch.polls[-1].delivered
    return max(0, (batch.submitted or 0) - batch.withdrawn)
