"""Writes the Parquet and suppression files of the cases: ``python tests/lists/make_tables.py``, then commit them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cases import HERE, A, B, C, case, texts


def parquet(name: str, columns: Mapping[str, Any], **given: str) -> None:
    table = pa.table({"numero": [A, B, C][: len(next(iter(columns.values())))], **columns})
    pq.write_table(table, HERE / "parquet" / f"{name}.parquet", compression="none", store_schema=True)
    case(name, "parquet", **{"message": "'#x#'", **given})


def write_parquet() -> None:
    at = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    parquet("float32", {"x": pa.array([12.1, 3.3], pa.float32())}, texts=texts("12.1", "3.3"))
    parquet("float16", {"x": pa.array([12.1, 3.0], pa.float32()).cast(pa.float16())}, texts=texts("12.1", "3"))
    parquet(
        "float_noise", {"x": [3.3000000000000003, 0.1 + 0.2, 1e21]}, texts=texts("3.3", "0.3", "1000000000000000000000")
    )
    parquet("whole_float", {"x": [12.0, float("nan")]}, message="'x#x#'", texts=texts("x12", "x"))
    parquet("decimal", {"x": pa.array([Decimal("19.90"), None], pa.decimal128(9, 2))}, message="'x#x#'",
            texts=texts("x19.90", "x"))  # fmt: skip
    parquet("date", {"x": [date(2026, 12, 1), date(2026, 3, 9)]}, texts=texts("01/12/2026", "09/03/2026"))
    parquet("date_format", {"x": [date(2026, 12, 1)]}, contacts='{date_format: "%d.%m.%y"}', texts=texts("01.12.26"))
    moments = pa.array(
        list(map(datetime.fromisoformat, ("2026-12-01T09:30:00.123456", "2026-12-01", "2026-12-01T09:30:05")))
    )
    parquet("moment", {"x": moments}, texts=texts("01/12/2026 09:30", "01/12/2026", "01/12/2026 09:30:05"))
    parquet("moment_utc", {"x": pa.array([at], pa.timestamp("us", "UTC"))}, texts=texts("01/12/2026 09:30"))
    parquet("moment_zone", {"x": pa.array([at], pa.timestamp("ns", "Europe/Paris"))}, texts=texts("01/12/2026 09:30"))
    parquet("moment_format", {"x": pa.array([at], pa.timestamp("us", "UTC"))},
            contacts='{date_format: "%d/%m a %Hh%M"}', texts=texts("01/12 a 09h30"))  # fmt: skip
    parquet("time", {"x": [time(9, 30), time(9, 30, 5)]}, texts=texts("09:30", "09:30:05"))
    parquet("truth_values", {"x": [True, False]}, texts=texts("true", "false"))
    parquet(
        "coded",
        {"x": pa.array(["Ana", None, "Ana"]).dictionary_encode()},
        message="'x#x#'",
        texts=texts("xAna", "x", "xAna"),
    )
    parquet("binary", {"x": [b"Ana", b"\xe9"]}, texts=texts("Ana"), rejects="[{line: 3, reason: not_gsm7}]")
    parquet("numbers", {"x": ["a", "b"], "mobile": [639980012, 639980013]}, contacts="{number_column: mobile}",
            texts=texts("a", "b"))  # fmt: skip
    parquet("nested", {"x": ["a", "b"], "tags": [["t"], []]}, message="'#tags#'", error="'#tags#, not a column'")


def suppression(name: str, content: str, left: str, **given: str) -> None:
    """A suppression file beside a list of three people."""
    (HERE / "suppression" / f"stop_{name}.csv").write_text(content, encoding="utf-8")
    (HERE / "suppression" / f"{name}.csv").write_text(f"numero\n{A}\n{B}\n{C}\n", encoding="utf-8")
    case(name, "suppression", message="Bonjour", contacts=f"{{suppress: stop_{name}.csv}}", texts=left, **given)


def write_suppression() -> None:
    both = '{"+33639980014": Bonjour}'
    gone = "[{line: 2, reason: suppressed}, {line: 3, reason: suppressed}]"
    suppression("stated_separator", f"sep=;\nnumero;date\n{A};2026\n{B};2026\n", both, rejects=gone)
    suppression("email_alone", f"email;mobile\na@ex.fr;{A}\nb@ex.fr;\nc@ex.fr;{B}\n", both, rejects=gone,
                log="stop_email_alone.csv rows=1 without a number")  # fmt: skip
    suppression("several_columns", f"nom;mobile;Téléphone 2\nA;{A};{B}\nB;{A};\n", both, rejects=gone)
    digests = (
        "sha256\n"
        "0a7d8b3a7a0b3c7a8f6f4a5ff0d3c83a4f0d3f1b4e6d8b4e3b6e1f6a7c9d0e1f\n"
        f"{sha256(b'+33639980012').hexdigest()}\n"
        f"{sha256(b'33639980013').hexdigest().upper()}\n"
    )
    suppression("digests", digests, both, rejects=gone, log="stop_digests.csv numbers=3")


if __name__ == "__main__":
    write_parquet()
    write_suppression()
