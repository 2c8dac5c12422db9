"""List N of a seed: its true table, its damage, its file, and the comparison."""

from __future__ import annotations

import itertools
import random
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from list_proof.comparison import Counts, compare
from list_proof.csv_files import csv_bytes, dialect
from list_proof.damages import BESIDE, DAMAGES
from list_proof.damages.registry import LISTS
from list_proof.drafts import Draft, NotPossible, draft_of
from list_proof.preparation import Prepared, prepare
from list_proof.sheet_files import WRITERS, write_parquet, write_workbook
from list_proof.true_tables import true_table

#: Bytes read at once: few of them bring rows into two blocks.
BLOCKS = (4 << 20, 4 << 20, 997)
#: Rows of a list: fewest and most.
ROWS, ROWS_OF_RULES = (120, 400), (200, 400)


@dataclass
class Made:
    """A list that was written and prepared."""

    damage: str
    draft: Draft
    file: Path
    prepared: Prepared
    counts: Counts


@dataclass
class Counted:
    """The counts of a list, by number of its seed."""

    number: int
    damage: str
    kind: str
    counts: Counts


def damage_of(number: int) -> str:
    return list(DAMAGES)[number % len(DAMAGES)]


def draft_number(seed: int, number: int) -> tuple[Draft, random.Random]:
    """Make the draft of a list: always the same for a number of a seed."""
    damage = DAMAGES[damage_of(number)]
    for more in itertools.count():
        rng = random.Random(f"{seed}.{number}.{more}")
        is_file = damage.subject == LISTS
        table, form = true_table(rng, rng.randint(*(ROWS if is_file else ROWS_OF_RULES))), dialect(rng)
        kind = rng.choice(damage.kinds)
        if kind == "csv":
            for person in table.people:
                person.values = {name: form.holds(text) for name, text in person.values.items()}
                person.written = form.holds(person.written)
        draft = draft_of(table, kind, form, rng)
        draft.writer = rng.choice(WRITERS)
        draft.options["transliterate"] = rng.random() < 0.6
        try:
            damage.change(draft)
            if is_file and kind == "csv" and rng.random() < 0.5:
                DAMAGES[rng.choice(BESIDE)].change(draft)
        except NotPossible:
            continue
        return draft, rng
    raise AssertionError


def write(draft: Draft, folder: Path) -> Path:
    path = folder / f"list.{draft.kind}"
    if draft.kind == "csv":
        path.write_bytes(csv_bytes(draft))
    elif draft.kind == "xlsx":
        write_workbook(draft, path)
    else:
        write_parquet(draft, path)
    return path


def make(seed: int, number: int, folder: Path) -> Made:
    """Write and prepare one list, and compare."""
    draft, rng = draft_number(seed, number)
    file = write(draft, folder)
    try:
        prepared = prepare(file, draft.sent_message, draft.options, folder / "out", rng.choice(BLOCKS))
        counts = compare(draft, prepared)
    except Exception:
        prepared = Prepared()
        counts = Counts(lists=1, crashed=1, about=[traceback.format_exc()])
    return Made(damage_of(number), draft, file, prepared, counts)


def counts_of(task: tuple[int, int]) -> Counted:
    """Count one list, made in a folder that is removed."""
    seed, number = task
    with tempfile.TemporaryDirectory(prefix="list_proof_") as folder:
        made = make(seed, number, Path(folder))
        return Counted(number, made.damage, made.draft.kind, made.counts)
