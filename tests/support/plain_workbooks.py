"""Workbooks written as plain XML, in any program's spelling."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

EPOCH = (1980, 1, 1, 0, 0, 0)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Raw(str):
    """A cell as XML, with ``{at}`` for its place."""

    __slots__ = ()


class Styled:
    """A value with the position of its number format among those of the workbook."""

    def __init__(self, value: Any, style: int = 1) -> None:
        self.value, self.style = value, style


def cell(at: str, value: Any) -> str:
    style = ""
    if isinstance(value, Styled):
        style, value = f' s="{value.style}"', value.value
    if isinstance(value, Raw):
        return value.format(at=at)
    if value is None:
        return f'<c r="{at}"{style}/>' if style else ""
    if isinstance(value, bool):
        return f'<c r="{at}"{style} t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"{style}><v>{value!r}</v></c>'
    return f'<c r="{at}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet(
    rows: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any]],
    *,
    head: str = "",
    tail: str = "",
    rows_with: Mapping[int, str] | None = None,
) -> str:
    numbered = rows if isinstance(rows, Mapping) else dict(enumerate(rows, 1))
    lines = []
    for line, values in numbered.items():
        cells = "".join(cell(f"{chr(65 + at)}{line}", value) for at, value in enumerate(values))
        lines.append(f'<row r="{line}"{(rows_with or {}).get(line, "")}>{cells}</row>')
    return f'<worksheet xmlns="{MAIN}">{head}<sheetData>{"".join(lines)}</sheetData>{tail}</worksheet>'


def workbook(
    path: Path,
    *sheets: str,
    formats: Sequence[str] = (),
    shared: Sequence[str] = (),
    names: Sequence[str] = ("Feuil1", "Feuil2"),
    states: Sequence[str] = ("", ""),
    book: str = "",
    styles: str | None = None,
    change: Callable[[str], str] = str,
    more: Mapping[str, str] | None = None,
) -> None:
    tabs = "".join(
        f'<sheet name="{names[at]}" sheetId="{at + 1}"{states[at]} r:id="rId{at + 1}"/>' for at in range(len(sheets))
    )
    relations = "".join(
        f'<Relationship Id="rId{at + 1}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{at + 1}.xml"/>'
        for at in range(len(sheets))
    )
    codes = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
                    for at, code in enumerate(formats))  # fmt: skip
    cells = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(formats)))
    members = {
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{book}<sheets>{tabs}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}'
        f'<Relationship Id="rId8" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId9" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": styles
        or f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(formats)}">{codes}</numFmts>'
        f'<cellStyleXfs count="1"><xf numFmtId="9"/></cellStyleXfs><cellXfs>{cells}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(f"<si>{each}</si>" for each in shared)}</sst>',
        **{f"xl/worksheets/sheet{at}.xml": page for at, page in enumerate(sheets, 1)},
        **(more or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members.items():
            data = change('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()
            archive.writestr(zipfile.ZipInfo(member, EPOCH), data, zipfile.ZIP_DEFLATED)
