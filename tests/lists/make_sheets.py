"""Writes the workbooks of the cases: ``PYTHONPATH=tests python tests/lists/make_sheets.py``, then commit them."""

from __future__ import annotations

import zipfile
from typing import Any

from cases import HERE, A, B, C, case, texts

from support import plain_workbooks
from support.plain_workbooks import EPOCH, MAIN, OFFICE, Raw, Styled, sheet

STRICT_MAIN, STRICT_OFFICE = "http://purl.oclc.org/ooxml/spreadsheetml/main", (
    "http://purl.oclc.org/ooxml/officeDocument/relationships"
)  # fmt: skip


def workbook(name: str, *sheets: str, **given: Any) -> None:
    plain_workbooks.workbook(HERE / "sheets" / f"{name}.xlsx", *sheets, **given)


def formatted(name: str, code: str, value: Any, shown: str) -> None:
    """A value with a number format, and the text of its cell."""
    workbook(f"format_{name}", sheet([["numero", "x"], [A, Styled(value)]]), formats=[code])
    case(f"format_{name}", "sheets", message="'#x#'", texts=texts(shown))


DAY = 46357.39583333  # 1 December 2026, 9:30
FORMATS = [
    ("zeros", "00000", 1234, "01234"),
    ("postcode", "00000", 1000, "01000"),
    ("percent", "0%", 0.2, "20%"),
    ("percent_blank", "0\\ %", 0.2, "20 %"),
    ("percent_decimals", "0.0%", 0.125, "12,5%"),
    ("euro_blank", "# ##0.00 €", 1234.5, "1 234,50 €"),
    ("euro_french_code", "# ##0,00 €", 1234.5, "1 234,50 €"),
    ("euro_quoted", '#,##0.00\\ "€"', 1234.5, "1 234,50 €"),
    ("euro_negative", '#,##0.00\\ "€";[Red]\\-#,##0.00\\ "€"', -1234.5, "-1 234,50 €"),
    ("euro_locale", "#,##0.00\\ [$€-40C]", 9.9, "9,90 €"),
    ("euro_accounting", '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', 1234.5, "1 234,50 €"),
    ("thousands", "#,##0", 1234567, "1 234 567"),
    ("millions", '0.0,,\\ "M€"', 2500000, "2,5 M€"),
    ("rounded", "0", 2.5, "3"),
    ("rounded_noise", "0.00", 1.005, "1,01"),
    ("words_around", '"Nr "0" bis"', 7, "Nr 7 bis"),
    ("words_for_one", '[=1]0" point";0" points"', 1, "1 point"),
    ("words_for_many", '[=1]0" point";0" points"', 12, "12 points"),
    ("phone", '0#" "##" "##" "##" "##', 123456789, "01 23 45 67 89"),
    ("fraction", "# ?/?", 1.5, "1 1/2"),
    ("scientific", "0.00E+00", 123456, "1,23E+05"),
    ("hidden_value", ";;;", 5, ""),
    ("text_section", '"M. "@', "Bob", "M. Bob"),
    ("date_french", "dd/mm/yyyy", DAY, "01/12/2026"),
    ("date_words", "d mmmm yyyy", DAY, "1 décembre 2026"),
    ("date_weekday", "[$-40C]dddd d mmmm", DAY, "mardi 1 décembre"),
    ("date_english", "[$-409]d mmm yyyy", DAY, "1 Dec 2026"),
    ("date_system", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", DAY, "mardi 1 décembre 2026"),
    ("date_iso", "yyyy-mm-dd", DAY, "2026-12-01"),
    ("date_and_time", 'dd/mm/yyyy\\ hh"h"mm', DAY, "01/12/2026 09h30"),
    ("time", "hh:mm", DAY, "09:30"),
    ("time_half_day", "h:mm AM/PM", 0.75, "6:00 PM"),
    ("duration", "[h]:mm", 1.25, "30:00"),
]


def write_formats() -> None:
    for each in FORMATS:
        formatted(*each)
    # by its number alone, as Excel writes the usual ones
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 9, 4, 22, 20))
    values = [A, Styled(DAY, 1), Styled(0.5, 2), Styled(1234.5, 3), Styled(DAY, 4), Styled(DAY, 5)]
    workbook(
        "format_built_in",
        sheet([["numero", "a", "b", "c", "d", "e"], values]),
        styles=f'<styleSheet xmlns="{MAIN}"><cellXfs>{styles}</cellXfs></styleSheet>',
    )
    case("format_built_in", "sheets", message="'#a#|#b#|#c#|#d#|#e#'",
         texts=texts("01/12/2026|50%|1 234,50|01/12/2026 09:30|09:30"))  # fmt: skip
    workbook("format_too_early", sheet([["numero", "x"], [A, Styled(-1)], [B, Styled(1)]]), formats=["dd/mm/yyyy"])
    case("format_too_early", "sheets", message="'#x#'", texts='{"+33639980013": "01/01/1900"}',
         rejects='[{line: 2, reason: spreadsheet_damage, column: x, value: "###"}]')  # fmt: skip
    workbook("format_language", sheet([["numero", "x"], [A, Styled(DAY)]]), formats=["[$-419]d mmmm yyyy"])
    case("format_language", "sheets", message="'#x#'", texts="{}", rejects="[{line: 2, reason: not_gsm7}]")
    rows = [["numero", "x", "y"], [A, Styled(DAY), Styled(DAY, 2)]]
    workbook("date_format", sheet(rows), formats=["d mmm yy", "hh:mm"])
    case("date_format", "sheets", message="'#x# #y#'", contacts='{date_format: "%Y-%m-%d"}',
         texts=texts("2026-12-01 09:30 09:30"))  # fmt: skip
    workbook("epoch_1904", sheet([["numero", "x"], [A, Styled(DAY - 1462)]]), formats=["dd/mm/yyyy hh:mm"],
             book='<workbookPr date1904="1"/>')  # fmt: skip
    case("epoch_1904", "sheets", message="'#x#'", texts=texts("01/12/2026 09:30"))


def write_values() -> None:
    rows = [["numero", "x"], [A, 3.3000000000000003], [B, 1 / 3], [C, 1e-7], ["0639980015", 12345678.9]]
    workbook("float_noise", sheet(rows))
    case("float_noise", "sheets", message="'#x#'", texts=texts("3.3", "0.333333333", "0.0000001", "12345678.9"))
    workbook("whole_numbers", sheet([["numero", "x"], [639980012, 12.0], [33639980013, 123456789012345]]))
    case("whole_numbers", "sheets", message="'#x#'", texts=texts("12", "123456789012345"))
    workbook("number_formatted", sheet([
        ["numero", "x"], [Styled(639980012, 1), "a"], [Styled(33639980013, 2), "b"], [Styled(639980014, 3), "c"],
    ]), formats=['0#" "##" "##" "##" "##', "0.0E+00", "dd/mm/yyyy"])  # fmt: skip
    case("number_formatted", "sheets", message="'#x#'", texts=texts("a", "b", "c"))
    workbook("escapes", sheet([
        ["numero", "prenom"], [A, "Bob_x000D_"], [B, "_x005F_x0041_"], [C, "A_x0041_"],
    ]))  # fmt: skip
    case("escapes", "sheets", texts=texts("Bonjour Bob", "Bonjour _x0041_", "Bonjour AA"))
    shared = ["<t>numero</t>", "<t>prenom</t>", f"<t>{A}</t>", "<r><t>Jean</t></r><r><rPr><b/></rPr><t>-Paul</t></r>",
              f"<t>{B}</t>", "<t>東</t><rPh><t>higashi</t></rPh>", f"<t>{C}</t>", "<t>Zo_x00E9_</t>"]  # fmt: skip
    cells = [[Raw(f'<c r="{{at}}" t="s"><v>{at + column}</v></c>') for column in (0, 1)] for at in (0, 2, 4, 6)]
    workbook("shared_texts", sheet(cells), shared=shared)
    case("shared_texts", "sheets", texts='{"+33639980012": Bonjour Jean-Paul, "+33639980014": Bonjour Zoé}',
         rejects='[{line: 3, reason: not_gsm7, value: 東}]')  # fmt: skip
    workbook("truth_values", sheet([["numero", "x"], [A, True], [B, False]]))
    case("truth_values", "sheets", message="'#x#'", texts=texts("VRAI", "FAUX"))
    error = Raw('<c r="{at}" t="e"><v>#N/A</v></c>')
    found_error = Raw('<c r="{at}" t="e"><f>VLOOKUP(A3,D:E,2,0)</f><v>#REF!</v></c>')
    workbook("errors", sheet([["numero", "x"], [A, error], [B, found_error], [error, "a"], [C, "b"]]))
    case("errors", "sheets", message="'x#x#'", texts='{"+33639980012": x, "+33639980014": xb}', rejects="""
  - {line: 3, reason: spreadsheet_damage, value: "#REF!"}
  - {line: 4, reason: spreadsheet_damage, column: numero}""", log="missing column=x rows=1")  # fmt: skip
    computed = Raw('<c r="{at}" t="str"><f>"A"&amp;"b"</f><v>Ab</v></c>')
    empty = Raw('<c r="{at}" t="str"><f>IF(1&gt;2,"x","")</f><v></v></c>')
    never = Raw('<c r="{at}"><f>A4&amp;"x"</f><v></v></c>')
    workbook("formulas", sheet([["numero", "x"], [A, computed], [B, empty], [C, never]]))
    case("formulas", "sheets", message="'x#x#'", texts='{"+33639980012": xAb, "+33639980013": x}',
         rejects="[{line: 4, reason: spreadsheet_damage, column: x}]")  # fmt: skip
    zero, four = (Raw(f'<c r="{{at}}"><f>SUM(D1:D2)</f><v>{value}</v></c>') for value in (0, 4))
    workbook("formulas_not_computed", sheet([["numero", "x"], [A, zero], [B, four], [C, 0]]),
             book='<calcPr calcId="1" fullCalcOnLoad="1"/>')  # fmt: skip
    case("formulas_not_computed", "sheets", message="'#x#'", texts='{"+33639980013": "4", "+33639980014": "0"}',
         rejects="[{line: 2, reason: spreadsheet_damage}]")  # fmt: skip


def write_hidden() -> None:
    rows = [["numero", "prenom", "ville"], [A, "Ana", "Lyon"], [B, "Bob", "Paris"]]
    column = '<filterColumn colId="2"><filters><filter val="Lyon"/></filters></filterColumn>'
    lists = f'<autoFilter ref="A1:C3">{column}</autoFilter>'
    workbook("hidden_by_filter", sheet(rows, rows_with={3: ' hidden="1"'}, tail=lists))
    case("hidden_by_filter", "sheets", texts=texts("Bonjour Ana"), log="rejected reason=hidden rows=1",
         rejects="[{line: 3, reason: hidden, value: 0639980013}]")  # fmt: skip
    workbook("hidden_by_hand", sheet(rows, rows_with={2: ' spans="1:3" hidden="true"'}))
    case("hidden_by_hand", "sheets", texts='{"+33639980013": Bonjour Bob}', rejects="[{line: 2, reason: hidden}]")
    workbook("hidden_without_height", sheet(rows, rows_with={3: ' ht="0" customHeight="1"'}))
    case("hidden_without_height", "sheets", texts=texts("Bonjour Ana"), rejects="[{line: 3, reason: hidden}]")
    workbook("hidden_group", sheet(rows, rows_with={3: " outlineLevel='1' hidden='1'"}))
    case("hidden_group", "sheets", texts=texts("Bonjour Ana"), rejects="[{line: 3, reason: hidden}]")
    workbook("hidden_sent", sheet(rows, rows_with={3: ' hidden="1"'}))
    case("hidden_sent", "sheets", contacts="{hidden_rows: send}", texts=texts("Bonjour Ana", "Bonjour Bob"))
    workbook("hidden_blank", sheet({**dict(enumerate(rows, 1)), 4: [None, None], 9: [C, "Zoe"]},
             rows_with={4: ' hidden="1"'}))  # fmt: skip
    case("hidden_blank", "sheets", texts=texts("Bonjour Ana", "Bonjour Bob", "Bonjour Zoe"))
    workbook("hidden_word", sheet([["numero", "prenom"], [A, 'hidden="1"'], [B, "Bob"]]))
    case("hidden_word", "sheets", message="'#prenom#'", texts=texts('hidden="1"', "Bob"))
    columns = '<cols><col min="1" max="1" width="9"/><col min="2" max="2" width="9" hidden="1"/></cols>'
    workbook("hidden_column", sheet(rows, head=columns))
    case("hidden_column", "sheets", message="'#ville#'", texts=texts("Lyon", "Paris"))
    workbook("hidden_column_used", sheet(rows, head=columns))
    case(
        "hidden_column_used",
        "sheets",
        error='["#prenom#, not a column", "hidden columns: prenom", "hidden_rows: send"]',
    )
    workbook("hidden_column_sent", sheet(rows, head=columns))
    case("hidden_column_sent", "sheets", contacts="{hidden_rows: send}", texts=texts("Bonjour Ana", "Bonjour Bob"))
    rules = [["numero", "prenom", "Opt-in SMS"], [A, "Ana", "Oui"], [B, "Bob", "Non"]]
    workbook("hidden_consent", sheet(rules, head='<cols><col min="3" max="3" hidden="1"/></cols>'))
    case("hidden_consent", "sheets", error='["hidden column \'Opt-in SMS\'", "consent:"]')
    workbook("hidden_country", sheet([["numero", "Pays", "prenom"], ["0791234567", "CH", "Ana"]], head=columns))
    case("hidden_country", "sheets", texts='{"+41791234567": Bonjour Ana}')
    twice = [["numero", "prenom", "prenom"], [A, "Ana", "OLD"], [B, "Bob", "OLD"]]
    workbook("hidden_column_twice", sheet(twice, head='<cols><col min="3" max="16384" width="0"/></cols>'))
    case("hidden_column_twice", "sheets", texts=texts("Bonjour Ana", "Bonjour Bob"))
    workbook("hidden_sheet", sheet([["numero", "prenom"], [A, "OLD"]]), sheet(rows), states=(' state="hidden"', ""))
    case("hidden_sheet", "sheets", texts=texts("Bonjour Ana", "Bonjour Bob"))


def merges(*areas: str) -> str:
    return f"<mergeCells>{''.join(f'<mergeCell ref={chr(34)}{area}{chr(34)}/>' for area in areas)}</mergeCells>"


def write_merged() -> None:
    rows = [["numero", "magasin"], [A, "Lyon"], [B], [C, "Metz"]]
    workbook("merged", sheet(rows, tail=merges("B2:B3")))
    case("merged", "sheets", message="'#magasin#'", texts=texts("Lyon", "Lyon", "Metz"))
    workbook("merged_hidden_first", sheet(rows, tail=merges("B2:B3"), rows_with={2: ' hidden="1"'}))
    case("merged_hidden_first", "sheets", message="'#magasin#'",
         texts='{"+33639980013": Lyon, "+33639980014": Metz}', rejects="[{line: 2, reason: hidden}]")  # fmt: skip
    workbook("merged_block", sheet([["numero", "a", "b"], [A, "x", "y"], [B, None, None], [C, "z", "t"]],
             tail=merges("B2:C3")))  # fmt: skip
    case("merged_block", "sheets", message="'#a##b#'", texts=texts("xy", "x", "zt"))
    workbook("merged_across", sheet([["numero", "prenom", "nom"], [A, "Ana", None]], tail=merges("B2:C2")))
    case("merged_across", "sheets", message="'#prenom##nom#'", texts=texts("Ana"))
    workbook(
        "merged_formatted", sheet([["numero", "x"], [A, Styled(0.2)], [B, None]], tail=merges("B2:B3")), formats=["0%"]
    )
    case("merged_formatted", "sheets", message="'-#x#'", texts=texts("-20%", "-20%"))
    workbook("merged_without_number", sheet([["numero", "magasin"], [A, "Lyon"], [None, None]], tail=merges("B2:B3")))
    case("merged_without_number", "sheets", message="'#magasin#'", texts=texts("Lyon"))
    workbook("merged_empty", sheet([["numero", "magasin"], [A, "Lyon"], [B, None]], tail=merges("B3:B4")))
    case("merged_empty", "sheets", message="'x#magasin#'", texts=texts("xLyon", "x"))


def write_spellings() -> None:
    rows = [["numero", "prenom"], [A, "Ana"], [B, "Bob"]]
    gone = {3: ' hidden="1"'}
    only_ana = {"texts": texts("Bonjour Ana"), "rejects": "[{line: 3, reason: hidden}]"}

    def prefixed(text: str) -> str:
        for tag in ("worksheet", "sheetData", "row", "c", "v", "is", "t", "mergeCells", "mergeCell"):
            text = (
                text.replace(f"<{tag}>", f"<x:{tag}>")
                .replace(f"<{tag} ", f"<x:{tag} ")
                .replace(f"</{tag}>", f"</x:{tag}>")
            )
        return text.replace("<x:worksheet xmlns=", "<x:worksheet xmlns:x=")

    page = sheet(rows, rows_with=gone)
    workbook("spelling_prefix", prefixed(page))
    case("spelling_prefix", "sheets", **only_ana)
    workbook("spelling_quotes", page.replace('"', "'").replace(f"'{MAIN}'", f'"{MAIN}"'))
    case("spelling_quotes", "sheets", **only_ana)
    workbook("spelling_comment", page.replace('<row r="2"', '<!-- <row r="2" hidden="1"> --><row r="2"'))
    case("spelling_comment", "sheets", **only_ana)
    workbook("spelling_no_places", page.replace(' r="1"', "").replace(' r="2"', "").replace(' r="3"', "")
             .replace(' r="A1"', "").replace(' r="B2"', ""))  # fmt: skip
    case("spelling_no_places", "sheets", **only_ana)
    workbook("spelling_other_order", page.replace('<c r="B2" t="inlineStr">', '<c t="inlineStr" r="B2">'))
    case("spelling_other_order", "sheets", **only_ana)
    workbook("spelling_cdata", page.replace(">Ana<", "><![CDATA[Ana]]><"))
    case("spelling_cdata", "sheets", **only_ana)
    workbook("spelling_entity", page.replace(">Ana<", ">A&#110;a &amp; L&#233;o<"))
    case("spelling_entity", "sheets", texts=texts("Bonjour Ana & Léo"), rejects="[{line: 3, reason: hidden}]")
    strict = {MAIN: STRICT_MAIN, OFFICE: STRICT_OFFICE}

    def as_strict(text: str) -> str:
        for usual, other in strict.items():
            text = text.replace(usual, other)
        return text

    iso = Raw('<c r="{at}" s="1" t="d"><v>2026-12-01T09:30:00</v></c>')
    workbook("strict_open_xml", sheet([["numero", "x"], [A, iso]]), formats=["dd/mm/yyyy hh:mm"], change=as_strict)
    case("strict_open_xml", "sheets", message="'#x#'", texts=texts("01/12/2026 09:30"))
    stray = '</row><row r="1048576"><c r="XFD1048576" t="str"><v> </v></c></row></sheetData>'
    workbook("far_away", sheet(rows).replace("</row></sheetData>", stray))
    case("far_away", "sheets", texts=texts("Bonjour Ana", "Bonjour Bob"))
    bomb = page.replace("<sheetData>", "").replace(
        "<worksheet", '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaa">]><worksheet'
    )
    workbook("entities", bomb.replace('<row r="1"', '<sheetData><row r="1"').replace(">Ana<", ">&a;<"))
    case("entities", "sheets", error="is an Excel workbook that cannot be read")


def write_features() -> None:
    rows = [["numero", "prenom"], [A, "Ana"]]
    odd = '<fills><fill/></fills><cellXfs><xf numFmtId="0" fillId="9"/></cellXfs>'
    workbook("empty_fill", sheet(rows), styles=f'<styleSheet xmlns="{MAIN}">{odd}</styleSheet>')
    case("empty_fill", "sheets", texts=texts("Bonjour Ana"))
    extras = (
        '<autoFilter ref="A1:B2"><filterColumn colId="0"><dynamicFilter type="odd"/></filterColumn></autoFilter>'
        '<conditionalFormatting sqref="A1"><cfRule type="new" priority="1"/></conditionalFormatting>'
        '<dataValidations><dataValidation type="odd" sqref="A1"/></dataValidations><drawing r:id="rId1" xmlns:r="r"/>'
        '<extLst><ext uri="{0}"><x14:new xmlns:x14="n"/></ext></extLst>'
    )
    workbook("features", sheet(rows, tail=extras), more={"xl/charts/chart1.xml": "<broken", "xl/drawings/d.xml": "<"})
    case("features", "sheets", texts=texts("Bonjour Ana"))
    workbook("side_note", sheet([["numero", "prenom", None, None], [A, "Ana", None, " "]]))
    case("side_note", "sheets", texts=texts("Bonjour Ana"))
    workbook("beyond_header", sheet([["numero", "prenom"], [A, "Ana"], [B, "Bob", "x"]]))
    case("beyond_header", "sheets", texts=texts("Bonjour Ana"), rejects="[{line: 3, reason: broken_row}]")
    workbook("blanks_only", sheet([["numero", "prenom"], [A, "Ana"], [" ", " "], [B, "Bob"]]))
    case("blanks_only", "sheets", texts=texts("Bonjour Ana", "Bonjour Bob"))
    shifted = [["numero", "prenom"], [A, "Durand", "Ana"], [B, "Petit", None], [C, "Roux", "Eva"], [C, "Roux", "Zoé"]]
    workbook("name_lost_in_header", sheet(shifted))
    case("name_lost_in_header", "sheets", error="the header ends with column 2, but 3 of the first 4 rows hold a value")
    workbook("starts_lower", sheet({5: [None, "numero", "prenom"], 7: [None, A, "Ana"], 9: [None, "12", "Bob"]}))
    case("starts_lower", "sheets", texts=texts("Bonjour Ana"), rejects="[{line: 9, reason: invalid_number, value: 12}]")
    workbook("no_row_shown", sheet(rows, rows_with={1: ' hidden="1"', 2: ' hidden="1"'}))
    case("no_row_shown", "sheets", error="shows no row")
    page = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table><tr><td>numero</td></tr></table></html>'
    (HERE / "sheets" / "web_page.xls").write_text(page, encoding="utf-8")
    case("web_page", "sheets", error='["is a web page (HTML), not a list", "save it as .xlsx or CSV UTF-8"]')
    xml = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:x"/>\n'
    (HERE / "sheets" / "xml_2003.xls").write_text(xml, encoding="utf-8")
    case("xml_2003", "sheets", error="an XML spreadsheet of Excel 2003")
    (HERE / "sheets" / "csv_named.xls").write_text(f"numero;prenom\n{A};Ana\n", encoding="utf-8")
    case("csv_named", "sheets", texts=texts("Bonjour Ana"))
    (HERE / "sheets" / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500))
    case("old", "sheets", error="an old Excel workbook (.xls)")
    with zipfile.ZipFile(HERE / "sheets" / "open_document.ods", "w") as archive:
        archive.writestr(zipfile.ZipInfo("content.xml", EPOCH), "<x/>")
    case("open_document", "sheets", error="an OpenDocument file (.ods)")


def main() -> None:
    for write in (write_formats, write_values, write_hidden, write_merged, write_spellings, write_features):
        write()


if __name__ == "__main__":
    main()
