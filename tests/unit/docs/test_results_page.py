"""docs/results-and-report.md against the tables and the files that are written."""

from __future__ import annotations

import re

from support.pages import ROOT, chapter, table, text


def test_every_column_of_the_results_is_described() -> None:
    from ovh_sms.store import tables

    page = text("results-and-report.md")
    for each in tables.metadata.sorted_tables:
        described = table(chapter(page, each.name))
        described.pop("Column")
        assert set(described) == {column.name for column in each.columns}, each.name
    assert f"`{tables.VERSION_TABLE}`" in page


def test_every_file_of_a_run_is_described() -> None:
    from ovh_sms.contacts.prepared_list import KEYS_NAME, MANIFEST_NAME, REJECTS_NAME
    from ovh_sms.contacts.write.batch_writer import LIST_NAME
    from ovh_sms.report.files import FAILED, FIGURES_JSON, MESSAGES, MESSAGES_PARQUET

    described = table(chapter(text("results-and-report.md"), "Files of a run"))
    written = {LIST_NAME, MANIFEST_NAME, REJECTS_NAME, KEYS_NAME, FAILED, MESSAGES, MESSAGES_PARQUET, FIGURES_JSON}
    for source in (ROOT / "plugins/ovh_sms").glob("[os]*/*.py"):  # operators, sending, sensors and store
        written |= set(re.findall(r'"([a-z_]+\.(?:csv|html|json))"', source.read_text(encoding="utf-8")))
    assert set(described) - {"File"} == written
