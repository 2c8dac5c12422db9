"""The manifest of a prepared list: what was accepted, what was not, and what it will cost. No phone numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from ovh_sms.errors import AccountingError, ContactsError

LIST_NAME, REJECTS_NAME, MANIFEST_NAME = "prepared.csv", "rejects.csv", "prepared.json"


@dataclass(frozen=True, kw_only=True)
class PreparedList:
    """A contact list ready for OVH, and the account of every row it was made from.

    :param source: the contact list.
    :param list_path: prepared.csv: ``number`` and the columns the message uses.
    :param rejects_path: rejects.csv: ``line;column;value;reason``.
    :param encoding: encoding found.
    :param separator: separator found.
    :param columns: all columns of the contact list, trimmed.
    :param used_columns: columns of prepared.csv, ``number`` first.
    :param rows: rows of the contact list; blank lines and the header are none.
    :param accepted: rows of prepared.csv; may be 0.
    :param rejected: rejected rows by reason, without reasons that did not occur.
    :param digest: SHA-256 of prepared.csv, hexadecimal.
    :param parts: accepted rows by number of parts.
    :param credits: sum of parts at each country's rate, where rates were given; else 1 credit per part.
    :param worst_parts: parts of the longest merged message, 0 without any.
    :param worst_line: line of the contact list where that message first occurs.
    :param unicode_rows: accepted rows whose message does not fit GSM 03.38.
    :param foreign_rows: accepted rows outside +33, so without STOP clause and at another rate.
    :param countries: accepted rows by calling code ("33").
    :param empty_values: accepted rows with an empty value, by used column.
    """

    source: Path
    list_path: Path
    rejects_path: Path
    encoding: str
    separator: str
    columns: tuple[str, ...]
    used_columns: tuple[str, ...]
    rows: int
    accepted: int
    rejected: dict[str, int]
    digest: str
    parts: dict[int, int]
    credits: float
    worst_parts: int
    worst_line: int | None
    unicode_rows: int
    foreign_rows: int
    countries: dict[str, int]
    empty_values: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Give the manifest as plain JSON values, fit for XCom.

        :returns: a dictionary that :meth:`from_dict` reads back.
        """
        shown: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("source", "list_path", "rejects_path"):
            shown[name] = str(shown[name])
        for name in ("columns", "used_columns"):
            shown[name] = list(shown[name])
        shown["parts"] = {str(parts): rows for parts, rows in self.parts.items()}
        return shown

    @classmethod
    def from_dict(cls, shown: Mapping[str, Any]) -> Self:
        """Read a manifest back.

        :param shown: what :meth:`to_dict` gave; names it does not know are ignored.
        :returns: the manifest.
        :raises ContactsError: a value is missing.
        """
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in shown]
        if missing:
            raise ContactsError(
                f"The manifest of the prepared list lacks {', '.join(missing)}.",
                action="Prepare the list again.",
            )
        values = {name: shown[name] for name in names}
        for name in ("source", "list_path", "rejects_path"):
            values[name] = Path(values[name])
        for name in ("columns", "used_columns"):
            values[name] = tuple(values[name])
        values["parts"] = {int(parts): int(rows) for parts, rows in values["parts"].items()}
        return cls(**values)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the manifest of a prepared list.

        :param folder: the folder that ``prepare`` wrote to.
        :returns: the manifest.
        :raises ContactsError: there is none, or it cannot be read.
        """
        path = folder / MANIFEST_NAME
        try:
            shown = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ContactsError(
                f"No prepared list in {folder}: {MANIFEST_NAME} cannot be read.",
                action="Prepare the list again.",
            ) from error
        return cls.from_dict(shown)


def check_accounting(*, rows: int, accepted: int, rejected: Mapping[str, int]) -> None:
    """Make sure that no row got lost between the list and its account.

    :param rows: rows read.
    :param accepted: rows written to the prepared list.
    :param rejected: rows written to the rejects, by reason.
    :raises AccountingError: the sums differ.
    """
    refused = sum(rejected.values())
    if rows != accepted + refused:
        raise AccountingError(
            f"{rows} rows were read, but {accepted} accepted and {refused} rejected.",
            action="Nothing was sent. Report this as a defect, with the list's shape but without its numbers.",
        )
