"""Two threads that import the same package at once may wait for each other: Python then raises an error in one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import threading
from pathlib import Path

import pyarrow

from ovh_sms.contacts.classify.person_digests import OptedOut
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare

first_imported = []


class Recorder:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            first_imported.append(name)


pyarrow.set_cpu_count(4)
sys.meta_path.insert(0, Recorder())
folder = Path(sys.argv[1])
people = OptedOut(b"s" * 32, [1, 2, 3])
prepare(
    folder / sys.argv[2],
    out=folder / "out",
    message="Bonjour #prenom#",
    stop_clause=False,
    options=ContactOptions(allow_fiction=True, country_column="pays"),
    opted_out=people,
    dead=people,
)
print(*first_imported)
"""
ROWS = "numero;prenom;pays\n+33639980000;Zoé;France\n+33639980001;Léo;FR\n0639980002;Ana;33\n"


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_threads_that_classify_rows_import_no_other_package(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    if kind == "csv":
        path.write_text(ROWS, encoding="utf-8")
    else:
        _write(path, kind)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), path.name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "prepared.csv").exists()
    # modules of data alone: they import nothing that is not there, so they wait for nothing
    data = "phonenumbers.data.region_"
    assert [name for name in done.stdout.split() if not name.startswith(data)] == []


def _write(path: Path, kind: str) -> None:
    head, *rows = [line.split(";") for line in ROWS.splitlines()]
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({name: [row[at] for row in rows] for at, name in enumerate(head)}), path)
        return
    from openpyxl import Workbook

    book = Workbook()
    for row in (head, *rows):
        book.active.append(row)
    book.save(path)
