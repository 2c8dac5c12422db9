"""A workbook as people keep it: formats, merged cells, hidden rows, a title above and a note beside the table."""

from datetime import date
from pathlib import Path
from typing import Any

HEADER = ["Téléphone", "Prénom", "Commande", "Code postal", "Remise", "Montant", "Livraison", "Interne"]
FORMATS = ["00 00 00 00 00", None, "0.0", "00000", "0%", '# ##0.00\\ "€"', "dd/mm/yyyy", None]
DAY = date(2026, 12, 1)
ROWS: list[tuple[str, list[Any]]] = [
    ("formats", [639980201, "Léa", 3.3000000000000003, 1234, 0.2, 1234.5, DAY, "a"]),
    ("a day merged over two rows", [639980202, "Hugo", 4, 75001, 0.1, 19.9, DAY, "b"]),
    ("merged", [639980203, "Zoé", 5, 69001, 0.1, 19.9, None, "c"]),
    ("hidden by a filter", [639980204, "Inès", 6, 59000, 0, 5, DAY, "d"]),
    ("hidden by hand", [639980205, "Malik", 7, 59000, 0, 5, DAY, "e"]),
    ("an error", [639980206, "Sarah", 8, 59000, 0, "#REF!", DAY, "f"]),
    ("a formula that was never computed", [639980207, "Agnès", 9, 59000, 0, "=1+1", DAY, "g"]),
    ("a line break", [639980208, "Léa\nMarie", 10, 59000, 0, 5, DAY, "h"]),
    ("a note beside the table", [639980209, "Noé", 11, 59000, 0, 5, DAY, "i", "rappeler"]),
]
MERGED, HIDDEN = (1, 2), (3, 4)
#: Reasons of the rows that get no SMS, with their number.
REJECTED = {"broken_row": 1, "hidden": 2, "line_break": 1, "spreadsheet_damage": 2}
_FIRST, _DAY_COLUMN = 4, 7


def write_sheet(path: Path) -> int:
    """Write the workbook.

    :returns: its rows.
    """
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Livraisons"
    sheet.append(["Livraisons de la semaine"])
    sheet.append([])
    sheet.append(HEADER)
    for at, (_, values) in enumerate(ROWS, _FIRST):
        sheet.append(values)
        for column, code in enumerate(FORMATS, 1):
            if code:
                sheet.cell(at, column).number_format = code
    start, end = (_FIRST + at for at in MERGED)
    sheet.merge_cells(start_row=start, end_row=end, start_column=_DAY_COLUMN, end_column=_DAY_COLUMN)
    sheet.auto_filter.ref = f"A3:H{_FIRST + len(ROWS) - 1}"
    for at in HIDDEN:
        sheet.row_dimensions[_FIRST + at].hidden = True
    sheet.column_dimensions["H"].hidden = True
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return len(ROWS)
