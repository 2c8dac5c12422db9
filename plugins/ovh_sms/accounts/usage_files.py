"""The files of a month's usage: one table as CSV and Parquet, and one page for each payer, the annex of an invoice.

The same figures give the same bytes: no file holds the moment at which it was written.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.usage_page import account_page, payer_page
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.private_files import private_folder, write_private
from ovh_sms.settings import data_path

if TYPE_CHECKING:
    from ovh_sms.accounts.usage_computation import ComputedMonth
    from ovh_sms.store.usage import UsageLine, UsageMonthRecord

FOLDER = ".usage"
CSV, PARQUET, PAGE = "usage.csv", "usage.parquet", "account.html"
#: Columns of the table, in their order.
COLUMNS = (
    *("account", "month", "kind", "payer", "user_name", "campaign", "tag", "sender", "country"),
    *("messages", "segments", "credits_taken", "credits_refunded", "credits", "credits_unpriced"),
    *("cost_without_tax", "tax", "cost_with_tax", "currency"),
)
_CREDITS = frozenset({"credits_taken", "credits_refunded", "credits", "credits_unpriced"})
_MONEY = frozenset({"cost_without_tax", "tax", "cost_with_tax"})
_COUNTS = frozenset({"messages", "segments"})
_NAMED = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class UsageFiles:
    """The files of a month.

    :param pages: by payer; that of the whole account under an empty name.
    """

    csv: Path
    parquet: Path
    pages: dict[str, Path]


def month_folder(account: str, month: str) -> Path:
    """Return the folder of a month's files; it may not exist yet."""
    return data_path() / FOLDER / _NAMED.sub("-", account) / month


def page_name(payer: str) -> str:
    """Return the file name of a payer's page: readable, and different for each payer."""
    if not payer:
        return PAGE
    digest = blake2b(payer.encode(), digest_size=4).hexdigest()
    return f"payer-{_NAMED.sub('-', payer).strip('-').lower()[:40]}-{digest}.html"


def write_files(month: ComputedMonth) -> UsageFiles:
    """Write the files of a month; those of payers that it has no more are removed."""
    record, lines = month.record, month.lines
    folder = private_folder(month_folder(record.account, record.month))
    write_private(folder / CSV, csv_text(month))
    _write_parquet(month, folder / PARQUET)
    pages = {"": folder / PAGE}
    write_private(folder / PAGE, account_page(record, lines, page_name))
    for payer in sorted({each.payer for each in lines if each.payer}):
        pages[payer] = folder / page_name(payer)
        write_private(pages[payer], payer_page(record, payer, [each for each in lines if each.payer == payer]))
    for old in set(folder.glob("payer-*.html")) - set(pages.values()):
        old.unlink(missing_ok=True)
    return UsageFiles(folder / CSV, folder / PARQUET, pages)


def csv_text(month: ComputedMonth | None) -> str:
    """Return the table as text, separated by semicolons; without a month, its columns alone."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = [_values(month.record, each) for each in month.lines] if month else []
    for values in rows:
        writer.writerow([safe_cell(value) if isinstance(value, str) else value for value in values])
    return out.getvalue()


def _values(record: UsageMonthRecord, line: UsageLine) -> list[Any]:
    about = {"account": record.account, "month": record.month, "currency": record.currency}
    return [_value(name, about[name] if name in about else getattr(line, name)) for name in COLUMNS]


def _value(name: str, value: Any) -> Any:
    if name in _CREDITS:
        return Decimal(value).scaleb(-4)
    return Decimal(value).scaleb(-2) if name in _MONEY else value


def _write_parquet(month: ComputedMonth, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kind(name: str) -> pa.DataType:
        if name in _CREDITS:
            return pa.decimal128(18, 4)
        if name in _MONEY:
            return pa.decimal128(18, 2)
        return pa.int64() if name in _COUNTS else pa.string()

    schema = pa.schema([(name, kind(name)) for name in COLUMNS])
    rows = [dict(zip(COLUMNS, _values(month.record, each), strict=True)) for each in month.lines]
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    part.chmod(0o600)
    part.replace(path)
