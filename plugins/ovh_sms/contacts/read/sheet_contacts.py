"""Contacts in a workbook: finds the header of a sheet, and gives its rows as blocks of text columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.contact_file import ContactFile, ContactRows, RowBlock
from ovh_sms.contacts.read.contact_table import header_record
from ovh_sms.contacts.read.csv_records import Record
from ovh_sms.contacts.read.header import Header, read_header, trim
from ovh_sms.contacts.read.sheet_blocks import SheetBlock
from ovh_sms.contacts.read.used_columns import used_columns
from ovh_sms.contacts.read.workbooks import NAME_IT, open_sheet
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.reject_reasons import RejectReason

#: Rows from the top that show the form of a sheet.
_MOST_ABOVE = 200
#: So many rows with a value to the right of the header are no notes beside the table, if they are a tenth of the rows.
_FEWEST_BEYOND = 3


@contextmanager
def open_workbook(file: ContactFile, sheet: str | None, options: ContactOptions, message: str) -> Iterator[ContactRows]:
    """Open a sheet of a workbook as a contact list.

    :raises ContactsError: the sheet cannot be read as a contact list.
    """
    with open_sheet(file, sheet, options) as blocks:
        first = next(blocks, None)
        records = _shown_records(first) if first else []
        if first is None or not records:
            raise ContactsError(f"Contact list {file.path} shows no row.", action=NAME_IT)
        record, rows = header_record(records, file.path, options)
        hides = first.form.hides
        hidden = {column: name for column, name in enumerate(trim(record.fields)) if name and hides(column)}
        shown = ["" if hides(column) else name for column, name in enumerate(record.fields)]
        try:
            header = read_header(
                shown,
                path=file.path,
                line=record.line,
                number_column=options.number_column,
                separator_found=False,
                rows=rows,
                region=options.region,
            )
            _check_width(file, record, rows, len(header.columns), hides)
            yield ContactRows(
                path=file.path,
                kind="xlsx",
                header_line=record.line,
                columns=header.columns,
                number_index=header.number_index,
                used=used_columns(message, header, options, hidden),
                hidden=hidden,
                blocks=partial(_row_blocks, chain([first], blocks), record.line, header),
            )
        except ContactsError as error:
            raise _with_hidden(error, list(hidden.values())) from None


def sheet_lines(file: ContactFile, options: ContactOptions) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a workbook's first sheet that have a value, hidden ones included, each with its line."""
    with open_sheet(file, None, options) as blocks:
        for block in blocks:
            columns = [block.texts(column) for column in range(min(block.width, _MOST_ABOVE))]
            for at, row in enumerate(zip(*columns, strict=True)):
                if any(map(str.strip, row)):
                    yield block.line + at, list(row)


def _check_width(
    file: ContactFile, header: Record, rows: Sequence[Record], width: int, hides: Callable[[int], bool]
) -> None:
    """Make sure that the header did not lose a name: its other names would stand above other people's values.

    :raises ContactsError: many rows hold a value to the right of the header.
    """
    beyond = 0
    for row in rows:
        beyond += any(text.strip() for column, text in enumerate(row.fields) if column >= width and not hides(column))
    if beyond >= _FEWEST_BEYOND and beyond * 10 >= len(rows):
        raise ContactsError(
            f"Contact list {file.path}, line {header.line}: the header ends with column {width}, but {beyond} of the "
            f"first {len(rows)} rows hold a value to the right of it. Each value may stand under another's name.",
            action="Give each column with values a name in the header.",
        )


def _shown_records(block: SheetBlock) -> list[Record]:
    """The first rows with a value among those shown."""
    head = block.head(_MOST_ABOVE)
    columns = [head.texts(column) for column in range(head.width)]
    hidden = _hidden_rows(head)
    rows = enumerate(zip(*columns, strict=True))
    return [Record(block.line + at, list(row)) for at, row in rows if at not in hidden and any(map(str.strip, row))]


def _row_blocks(
    blocks: Iterator[SheetBlock], header_line: int, header: Header, needed: Mapping[str, int]
) -> Iterator[Callable[[], RowBlock]]:
    for block in blocks:
        yield _row_block(block, header_line, header, needed)


def _row_block(
    block: SheetBlock, header_line: int, header: Header, needed: Mapping[str, int]
) -> Callable[[], RowBlock]:
    """Take the needed columns of a block; the returned function only packs them."""
    texts = [block.texts(column, as_number=column == header.number_index) for column in needed.values()]
    numbers = texts[list(needed.values()).index(header.number_index)]
    left_out = set(range(header_line + 1 - block.line)) | _blank_rows(block, texts)
    broken: dict[int, Record] = {}
    for at, text in block.beyond(len(header.columns)).items():
        if at not in left_out:
            broken[at] = Record(block.line + at, [*(each[at] for each in texts), text], RejectReason.BROKEN_ROW)
    for at in _hidden_rows(block) - left_out:
        broken[at] = Record(block.line + at, [numbers[at]], RejectReason.HIDDEN)
    return partial(_packed, block.line, len(block), list(needed), texts, left_out, broken)


def _packed(
    line: int, count: int, needed: list[str], texts: list[list[str]], left_out: set[int], broken: dict[int, Record]
) -> RowBlock:
    import numpy as np
    import pyarrow as pa

    from ovh_sms.messaging.arrow_arrays import of_texts

    lines = np.arange(line, line + count, dtype=np.int64)
    missing = left_out | broken.keys()
    if missing:
        kept = [at for at in range(count) if at not in missing]
        lines, texts = lines[kept], [[column[at] for at in kept] for column in texts]
    table = pa.RecordBatch.from_arrays([of_texts(column) for column in texts], names=needed)
    return RowBlock(lines, table, [broken[at] for at in sorted(broken)])


def _blank_rows(block: SheetBlock, texts: Sequence[Sequence[str]]) -> set[int]:
    empty = [at for at, text in enumerate(texts[0]) if not text or text.isspace()]
    return {at for at in empty if not any(column[at].strip() for column in texts) and block.blank(at)}


def _hidden_rows(block: SheetBlock) -> set[int]:
    rows = block.form.hidden_rows
    start, stop = rows.searchsorted((block.line, block.line + len(block)))
    return {int(row) - block.line for row in rows[start:stop]}


def _with_hidden(error: ContactsError, hidden: Sequence[str]) -> ContactsError:
    """Return an error with the names of hidden columns, which may be what is missing."""
    if not hidden:
        return error
    return ContactsError(
        f"{error.what.removesuffix('.')}; hidden columns: {', '.join(hidden)[:200]}.",
        action=f"{error.action} If a hidden column is needed, show it, or set 'hidden_rows: send'.",
    )
