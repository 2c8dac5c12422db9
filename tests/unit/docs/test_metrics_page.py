"""docs/metrics.md against the table of metrics in the code."""

from __future__ import annotations

import re

from ovh_sms.metrics import METRICS
from ovh_sms.store.models import REFUSED
from support.pages import chapter, rows, table, text

PAGE = text("metrics.md")


def test_the_table_is_that_of_the_code() -> None:
    shown = [row for row in rows(chapter(PAGE, "The table")) if row[0].startswith("`")]
    wanted = [
        [
            f"`{each.name}`",
            each.kind.value,
            each.unit,
            ", ".join(f"`{tag}`" for tag in each.tags) or "none",
            each.meaning,
            each.certainty,
        ]
        for each in METRICS
    ]
    assert shown == wanted


def test_every_tag_is_described() -> None:
    described = table(chapter(PAGE, "Tags"))
    assert set(described) - {"Tag"} == {tag for each in METRICS for tag in each.tags}
    assert f"`{REFUSED}`" in described["state"][0]


def test_every_name_is_below_one_prefix_and_none_is_part_of_another_kind() -> None:
    assert all(re.fullmatch(r"ovh_sms\.[a-z_.]+", each.name) for each in METRICS)
    assert len({each.name for each in METRICS}) == len(METRICS)
