"""A contact list prepared row by row, plainly and slowly: the oracle of the block engine."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovh_sms.contacts.classify.classification_settings import ClassificationRules
from ovh_sms.contacts.classify.suppression_files import suppressed_numbers
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import written_columns
from ovh_sms.contacts.read.contact_table import ContactTable, open_contacts
from ovh_sms.contacts.read.csv_records import Record, is_number_like
from ovh_sms.contacts.write.prepared_files import shown_cell
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import clean_name, is_number_name
from ovh_sms.messaging.country_rules import takes_stop_clause
from ovh_sms.messaging.destinations import destination_name, destination_of
from ovh_sms.messaging.escaped_text import find_escaped
from ovh_sms.messaging.mail_merge import occurrences, render
from ovh_sms.messaging.misread_text import find_misread, repair
from ovh_sms.messaging.phone_numbers import is_cell_error, normalise
from ovh_sms.messaging.placeholder_dialects import is_dialect_placeholder
from ovh_sms.messaging.segments import MessageSize, is_gsm7, measure
from ovh_sms.messaging.transliterate import to_gsm7


@dataclass
class Expected:
    """The expected result of preparing a list."""

    columns: tuple[str, ...]
    accepted: list[tuple[int, str, list[str], MessageSize]] = field(default_factory=list)
    rejects: list[tuple[int, str, str, str]] = field(default_factory=list)
    transliterated: dict[str, dict[str, Any]] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def manifest(self, rates: dict[str, float]) -> dict[str, Any]:
        sizes = [size for *_, size in self.accepted]
        worst = max((size.segments for size in sizes), default=0)
        names = [destination_name(destination_of(number)) for _, number, _, _ in self.accepted]
        costs = (
            size.segments * rates.get(name, rates.get(name.split()[0], 1))
            for size, name in zip(sizes, names, strict=True)
        )
        empty = {
            name: times
            for at, name in enumerate(self.columns[1:])
            if (times := sum(not values[at] for _, _, values, _ in self.accepted))
        }
        return {
            "rows": len(self.accepted) + len(self.rejects),
            "accepted": len(self.accepted),
            "rejected": dict(sorted(Counter(reason for *_, reason in self.rejects).items())),
            "used_columns": list(self.columns),
            "segments": {str(n): times for n, times in sorted(Counter(s.segments for s in sizes).items())},
            "credits": math.fsum(costs),
            "worst_segments": worst,
            "worst_line": next((row[0] for row in self.accepted if row[3].segments == worst), None),
            "unicode_rows": sum(size.unicode for size in sizes),
            "foreign_rows": sum(name != "33" for name in names),
            "countries": dict(Counter(names)),
            "empty_values": empty,
        }

    def lists(self, batch_size: int | None) -> list[bytes]:
        rows = [(number, *values) for _, number, values, _ in self.accepted]
        return [_csv([self.columns, *some]) for some in _batches(rows, batch_size)]

    def rejects_file(self) -> bytes:
        shown = [(line, shown_cell(name), shown_cell(value[:200]), why) for line, name, value, why in self.rejects]
        return _csv([("line", "column", "value", "reason"), *shown])

    def changes(self) -> dict[str, Any]:
        by_character = sorted(self.transliterated.items())
        replaced = dict(sorted(by_character, key=lambda item: -item[1]["rows"]))
        counted = {"filled": self.filled, "repaired": self.repaired, "missing": self.missing}
        counts = {kind: {name: rows[name] for name in self.columns if rows[name]} for kind, rows in counted.items()}
        return {"transliterated": replaced, **counts, "unescaped": {}, "encoded": {}}


def expected(
    contacts: Path, *, message: str, stop_clause: bool, options: ContactOptions, suppressed: list[str]
) -> Expected:
    """Read and classify every row; errors of the list are raised as the engine does."""
    options.check()
    with open_contacts(contacts, options, message) as table:
        found = Expected(written_columns(table.columns, table.number_index, message))
        rules = ClassificationRules(
            number_column=table.columns[table.number_index],
            used=found.columns[1:],
            header=tuple(table.columns[table.used[name]] for name in found.columns[1:]),
            columns=tuple(table.columns),
            positions={},
            message=message,
            stop_clause=stop_clause,
            options=options,
            suppressed=suppressed,
        )
        stop = suppressed_numbers(suppressed, region=options.region)
        known: set[int] = set()
        for record in table.records:
            _classify(found, table, record, rules, stop, known)
            _check_no_header(found, table, record)
    misread = [reject for reject in found.rejects if reject[3] == "misread_text"]
    if misread and not options.repair_encoding:
        raise ContactsError(f"misread: {len(misread)} rows, first in line {misread[0][0]}")
    return found


def _check_no_header(found: Expected, table: ContactTable, record: Record) -> None:
    names = found.columns[1:]
    if record.broken or not is_number_name(record.fields[table.number_index].strip()):
        return
    if any(clean_name(record.fields[table.used[name]]).casefold() != name.casefold() for name in names):
        raise ContactsError(f"another header in line {record.line}")


def _classify(
    found: Expected, table: ContactTable, record: Record, rules: ClassificationRules, stop: set[int], known: set[int]
) -> None:
    options = rules.options
    if record.broken:
        assert record.fault
        found.rejects.append((record.line, "", " | ".join(record.fields), record.fault.value))
        return
    given = [(name, _readable(record.fields[table.used[name]], options)) for name in found.columns[1:]]
    for name in found.columns[1:] if options.repair_encoding else ():
        composed = unicodedata.normalize("NFC", record.fields[table.used[name]])
        found.repaired[name] += repair(composed) != composed
    for name, value in given:
        found.missing[name] += value in options.missing
    given = [(name, "" if value in options.missing else value) for name, value in given]
    _count_changes(found, given, options)
    raw = record.fields[table.number_index].strip()
    number, why = normalise(
        raw, region=options.region, allow_fiction=options.allow_fiction, also_accept=options.also_accept
    )
    key = int(number[1:]) if number else 0
    values = [_value(value, options, rules.columns) for _, value in given]
    sharps = 0
    for at, (value, reason) in enumerate(values):
        sharps += value.count("#") * occurrences(rules.message)[given[at][0]]
        if sharps > 1 and not reason and not any(reason for _, reason in values):
            values[at] = (value, "looks_like_placeholder")
            break
    fault = next((at for at, (_, reason) in enumerate(values) if reason), None)
    if why or key in stop:
        found.rejects.append((record.line, rules.number_column, raw, why.value if why else "suppressed"))
    elif fault is not None:
        found.rejects.append((record.line, rules.header[fault], *values[fault]))
    elif key in known:
        found.rejects.append((record.line, rules.number_column, raw, "duplicate"))
    else:
        assert number
        known.add(key)
        texts = [text for text, _ in values]
        merged = render(rules.message, {**dict(zip(found.columns[1:], texts, strict=True)), "number": number})
        size = measure(merged, stop_clause=rules.stop_clause and takes_stop_clause(number))
        found.accepted.append((record.line, number, texts, size))


def _readable(value: str, options: ContactOptions) -> str:
    value = unicodedata.normalize("NFC", value)
    value = (repair(value) if options.repair_encoding else value).strip()
    lines = [line.strip() for line in value.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return " ".join(line for line in lines if line) if options.line_breaks == "blank" else "\n".join(lines)


def _value(value: str, options: ContactOptions, columns: tuple[str, ...]) -> tuple[str, str]:
    continued = [line.split(";")[0] for line in value.split("\n")[1:]]
    if continued and (options.line_breaks == "reject" or any(map(is_number_like, continued))):
        return value, "line_break"
    if is_cell_error(value):
        return value, "spreadsheet_damage"
    if find_misread(value):
        return value, "misread_text"
    if find_escaped(value):
        return value, "escaped_text"
    if value.count("#") > 1 or is_dialect_placeholder(value, columns):
        return value, "looks_like_placeholder"
    if options.transliterate:
        value = to_gsm7(value)[0].strip()
    if not value and options.empty == "reject":
        return value, "empty_value"
    value = value or options.empty_text or ""
    return value, "" if is_gsm7(value) else "not_gsm7"


def _count_changes(found: Expected, given: list[tuple[str, str]], options: ContactOptions) -> None:
    replaced: dict[str, str] = {}
    for name, value in given:
        text, stand_ins = to_gsm7(value) if options.transliterate else (value, {})
        replaced |= {old: new for old, new in stand_ins.items() if old != new}
        if options.empty_text and not text.strip():
            found.filled[name] += 1
    for character, stand_in in replaced.items():
        counted = found.transliterated.setdefault(character, {"to": stand_in, "rows": 0})
        counted["rows"] += 1


def _batches(rows: list[Any], size: int | None) -> list[list[Any]]:
    return [rows[at : at + (size or len(rows))] for at in range(0, len(rows), size or len(rows) or 1)] or [[]]


def _csv(rows: list[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
