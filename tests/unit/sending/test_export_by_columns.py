"""An export that is read by columns gives the messages that reading it row by row gives."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.errors import Unavailable
from ovh_sms.messaging.delivery_status import delivery_status_of
from ovh_sms.messaging.segments import measure
from ovh_sms.sending.export import read_export
from ovh_sms.store.models import Message
from support.exports import exported_messages

HEADER = "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt"
NAMES = HEADER.split(";")
PARIS = ZoneInfo("Europe/Paris")
ROWS = 25_000


def a_date(draw: random.Random) -> str:
    plain = f"2026-{draw.choice(['03-12', '07-01', '10-25'])} {draw.randrange(24):02d}:{draw.randrange(60):02d}:07"
    return draw.choice([plain, plain, plain, plain.replace(" ", "T") + "+02:00", "", "NULL", "0000-00-00 00:00:00"])


def rows() -> list[dict[str, str]]:
    draw = random.Random(15)
    found = []
    for number in range(ROWS):
        values = (
            str(number),
            a_date(draw),
            draw.choice(["MYSHOP", ""]),
            draw.choice(["+3363998", "+3247000"]) + f"{number:05d}",
            draw.choice(["4", "0", "8", "23", "1000", "", " 4 ", "77777"]),
            draw.choice(["20801", ""]),
            draw.choice(["", "Delivered", "not delivered", "call 06 39 98 00 01", "x" * 200]),
            draw.choice(["t1", "t1", "t1", "t2"]),
            draw.choice(["Bonjour", 'a "b"; c\r\nd', "é" * 161, "ŵ" * 70, "x\nSTOP 36180", f"n° {number}"]),
            a_date(draw),
            a_date(draw),
        )
        found.append(dict(zip(NAMES, values, strict=True)))
    return found


def moment(text: str, *, fold: int = 0) -> datetime | None:
    if text in ("", "NULL", "0000-00-00 00:00:00"):
        return None
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=PARIS, fold=fold)).astimezone(UTC)


def row_by_row(row: dict[str, str], receipts: dict[int, int]) -> Message:
    code = int(row["ptt"]) if row["ptt"] else None
    receipt = receipts.get(int(row["id"]))
    sent, delivered = moment(row["sentAt"]), moment(row["deliveredAt"])
    if sent and delivered and delivered < sent:
        delivered = moment(row["deliveredAt"], fold=1)
    words = None if receipt is not None else row["descriptionDlr"]
    clause = bool(row["sender"]) and row["receiver"].startswith("+33") and "STOP" not in row["message"]
    said = "call …" if row["descriptionDlr"].startswith("call") else row["descriptionDlr"][:80]
    return Message(
        outgoing_id=int(row["id"]),
        tag=row["tag"],
        receiver=row["receiver"],
        sender=row["sender"],
        created_at=moment(row["date"]),
        sent_at=sent,
        delivered_at=delivered,
        delivery_receipt=receipt,
        operator_code=code,
        operator=row["operatorCode"] or None,
        delivery_status=delivery_status_of(receipt, code, words).value,
        segments=measure(row["message"], stop_clause=clause).segments,
        operator_words=said or None,
    )


def write(path: Path, written: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, NAMES, delimiter=";", lineterminator="\n")
        lines.writeheader()
        lines.writerows(written)
    return path


def test_columns_give_what_rows_give(tmp_path: Path) -> None:
    written = rows()
    draw = random.Random(16)
    receipts = {number: draw.choice([0, 1, 2, 16]) for number in draw.sample(range(ROWS), ROWS // 2)}
    path = write(tmp_path / "export.csv", written)
    wanted = [row_by_row(row, receipts) for row in written if row["tag"] == "t1"]
    assert exported_messages(path, marketing=True, tag="t1", receipts=receipts) == wanted


def test_a_wrong_row_is_named_wherever_it_stands(tmp_path: Path) -> None:
    written = [row | {"message": "Bonjour"} for row in rows()]
    written[13_456] |= {"deliveredAt": "secret", "tag": "t1"}
    path = write(tmp_path / "export.csv", written)
    with pytest.raises(Unavailable, match="line 13458 holds an id, a code or a date") as caught:
        list(read_export(path, tag="t1"))
    assert "secret" not in str(caught.value)
