"""Sets the rows of a pilot apart, in batches of their own before all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ovh_sms.contacts.write.pilot_sample import SampledRow, sizes_of

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.list_totals import ListTotals
    from ovh_sms.contacts.write.batch_writer import BatchWriter


def set_apart(rows: Sequence[SampledRow], batches: BatchWriter, totals: ListTotals) -> int:
    """Move sampled rows into batches of their own, with what they cost.

    :returns: the number of these batches, which come first.
    """
    if not rows:
        return 0
    cuts = batches.cuts()
    groups = list(_groups(rows, cuts, batches.size or len(rows)))
    kept = batches.set_apart(groups)
    sizes, ends = [sizes_of(each) for each in groups], dict(totals.ends)
    first = {at: min(each.end for each in group) for at, group in enumerate(groups) if group[0].end}
    for each in rows:
        totals.batches[each.batch][each.destination, each.segments] -= 1
    rest = [+totals.batches[old] for old in kept]
    totals.batches = [*sizes, *rest]
    # The rest of a batch keeps its end: that of a row that has moved may be earlier, and nothing leaves too late.
    totals.ends = first | {len(groups) + at: ends[old] for at, old in enumerate(kept) if old in ends}
    return len(groups)


def _groups(rows: Sequence[SampledRow], cuts: Sequence[int], size: int) -> Iterator[list[SampledRow]]:
    """The rows of each new batch: of one cut, and no more than a batch may hold."""
    ordered = sorted(rows, key=lambda each: (cuts[each.batch], each.batch, each.position))
    for _, some in groupby(ordered, key=lambda each: cuts[each.batch]):
        found = list(some)
        yield from (found[start : start + size] for start in range(0, len(found), size))
