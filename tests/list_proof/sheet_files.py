"""Workbooks by openpyxl, by XlsxWriter and by hand, and Parquet files by pyarrow."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from list_proof.drafts import Cell, Draft, Typed
from support import plain_workbooks

WRITERS = ("openpyxl", "xlsxwriter", "xlsxwriter inline")


def write_workbook(draft: Draft, path: Path) -> None:
    """Write a draft as a workbook."""
    if draft.writer == "openpyxl":
        _by_openpyxl(draft, path)
    elif draft.writer == "plain":
        rows = [[None if cell == "" else cell for cell in line.cells] for line in draft.every_line()]
        plain_workbooks.workbook(path, plain_workbooks.sheet(rows))
    else:
        _by_xlsxwriter(draft, path)


def _merged(draft: Draft) -> list[tuple[int, int, int]]:
    """Merged areas with rows from 1."""
    first = len(draft.above) + 2
    return [(top + first, bottom + first, column) for top, bottom, column in draft.merged]


def _by_openpyxl(draft: Draft, path: Path) -> None:
    import openpyxl
    from openpyxl.utils import get_column_letter
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = openpyxl.Workbook()
    if draft.epoch_1904:
        book.epoch = CALENDAR_MAC_1904
    page = book.active
    assert page is not None
    for row, line in enumerate(draft.every_line(), 1):
        for column, cell in enumerate(line.cells, 1):
            value = cell.formula or cell.value if isinstance(cell, Typed) else cell or None
            written = page.cell(row, column, value)
            if isinstance(cell, Typed):
                written.number_format = cell.form
        if line.hidden:
            page.row_dimensions[row].hidden = True
    for column in draft.hidden_columns:
        page.column_dimensions[get_column_letter(column + 1)].hidden = True
    for top, bottom, column in _merged(draft):
        page.merge_cells(start_row=top, end_row=bottom, start_column=column + 1, end_column=column + 1)
    if draft.hide_by_filter:
        page.auto_filter.ref = page.dimensions
    book.save(path)


def _by_xlsxwriter(draft: Draft, path: Path) -> None:
    import xlsxwriter

    options = {"constant_memory": draft.writer.endswith("inline"), "date_1904": draft.epoch_1904}
    book = xlsxwriter.Workbook(str(path), options)
    page = book.add_worksheet()
    formats: dict[str, Any] = {}
    covered = {(row, column) for top, bottom, column in _merged(draft) for row in range(top, bottom)}
    for row, line in enumerate(draft.every_line()):
        for column, cell in enumerate(line.cells):
            if (row, column) in covered:
                continue
            form = (
                formats.setdefault(cell.form, book.add_format({"num_format": cell.form}))
                if isinstance(cell, Typed)
                else None
            )
            _write(page, (row, column), cell, form, book.add_format({"bold": True}) if draft.writer == "rich" else None)
        if line.hidden:
            page.set_row(row, None, None, {"hidden": True})
    for column in draft.hidden_columns:
        page.set_column(column, column, None, None, {"hidden": True})
    for top, bottom, column in _merged(draft):
        page.merge_range(top - 1, column, bottom - 1, column, draft.lines[top - len(draft.above) - 2].cells[column])
    if draft.hide_by_filter:
        page.autofilter(len(draft.above), 0, len(draft.lines), len(draft.columns) - 1)
    book.close()


def _write(page: Any, at: tuple[int, int], cell: Cell, form: Any, bold: Any) -> None:
    """Write a cell as its type asks."""
    if isinstance(cell, Typed):
        if cell.formula:
            page.write_formula(*at, cell.formula, form, cell.value)
        elif isinstance(cell.value, date | datetime):
            page.write_datetime(*at, cell.value, form)
        elif cell.value is None:
            page.write_blank(*at, None, form)
        else:
            page.write_number(*at, cell.value, form)
    elif cell and bold and len(cell) > 3:
        page.write_rich_string(*at, cell[:2], bold, cell[2:])
    elif cell:
        page.write_string(*at, cell)


def write_parquet(draft: Draft, path: Path) -> None:
    """Write a draft as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"decimal": pa.decimal128(12, 2), "float32": pa.float32(), "timestamp[us, UTC]": pa.timestamp("us", "UTC"),
             "timestamp[ns]": pa.timestamp("ns"), "date32": pa.date32(), "float64": pa.float64(), "int64": pa.int64(),
             "dictionary": pa.string()}  # fmt: skip
    columns = []
    for at in range(len(draft.header.cells)):
        cells = [line.cells[at] if at < len(line.cells) else None for line in draft.lines]
        values = [cell.value if isinstance(cell, Typed) else cell for cell in cells]
        name = draft.arrow_types.get(at, "")
        if types.get(name, pa.string()) != pa.string():
            values = [None if value == "" else value for value in values]
        column = pa.array(values, types.get(name) or draft.rng.choice((pa.string(), pa.large_string())))
        columns.append(column.dictionary_encode() if name == "dictionary" else column)
    table = pa.Table.from_arrays(columns, names=[str(name) for name in draft.header.cells])
    pq.write_table(
        table, path, row_group_size=draft.rng.choice((50, 100_000)), compression=draft.rng.choice(("snappy", "zstd"))
    )
