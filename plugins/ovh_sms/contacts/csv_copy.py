"""CSV copies of the rows of a query.

A copy is UTF-8 with ``;`` and one line per row. Line n of the copy is row n of the query, its header being the first,
so that a rejected row can be found. Rows are streamed; nothing in them is logged.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from ovh_sms.contacts.cell_text import CellForm
from ovh_sms.contacts.contact_file import COPY_ENCODING, COPY_SEPARATOR

#: Called with the number of rows copied so far.
RowsCopied = Callable[[int], None]

BLOCK_ROWS = 10_000


def write_rows(
    target: Path,
    rows: Iterable[Sequence[object]],
    *,
    rows_copied: RowsCopied | None = None,
    form: CellForm | None = None,
) -> int:
    """Write rows as a CSV list.

    :param rows: the header, then one sequence of values a row; an empty sequence is a blank line.
    :param rows_copied: called every :data:`BLOCK_ROWS` rows, with rows written so far.
    :param form: how dates and numbers are written.
    """
    count, form = 0, form or CellForm()
    with target.open("w", encoding=COPY_ENCODING, newline="") as handle:
        write = csv.writer(handle, delimiter=COPY_SEPARATOR, lineterminator="\n").writerow
        for count, row in enumerate(rows, 1):
            _write(write, handle, row, form)
            if rows_copied and count % BLOCK_ROWS == 0:
                rows_copied(count)
    return count


def _write(write: Callable[[list[str]], Any], handle: TextIO, row: Sequence[object], form: CellForm) -> None:
    if not row:
        handle.write("\n")
        return
    # A row of one empty value would be a blank line, which is no row: a separator behind it makes it one.
    cells = [form.text(value) for value in row]
    write(cells if len(cells) > 1 else [*cells, ""])
