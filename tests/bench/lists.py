"""Contact lists of any size, made at run time; nothing of them is committed or sent."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

FIRST = ["Anna", "Bruno", "Chloé", "David", "Élise", "Farid", "Gwen", "Hugo", "Inès", "Jules"]
TOWNS = ["Paris", "Lyon", "Lille", "Nantes", "Brest", "Orléans", "Dijon", "Tours", "Pau", "Metz"]
#: Mobile numbers of metropolitan France: those of overseas need more than the obvious way knows.
PREFIXES = ["61", "62", "66", "67", "68", "76", "77", "78"]
BATCH = 100_000


@dataclass(frozen=True)
class BenchList:
    """A list and what is to be left out of it.

    :param path: CSV with ``;``, four columns.
    :param suppressed: file with one number of the blacklist a line, E.164.
    :param rows: rows below the header.
    """

    path: Path
    suppressed: Path
    rows: int


def write_list(folder: Path, rows: int, *, seed: int = 1) -> BenchList:
    """Write a list of French mobile numbers: 5 % duplicates, 2 % invalid, 1 % on the blacklist.

    :param folder: receives both files.
    :param rows: rows below the header.
    :param seed: the same seed writes the same list.
    """
    chance = random.Random(seed)
    path, suppressed = folder / f"list_{rows}.csv", folder / f"suppressed_{rows}.txt"
    earlier: list[str] = []
    with path.open("w", encoding="utf-8") as out, suppressed.open("w", encoding="utf-8") as stop:
        out.write("numero;prenom;ville;points\n")
        for start in range(0, rows, BATCH):
            lines = []
            for _ in range(start, min(start + BATCH, rows)):
                number, kind = f"{chance.choice(PREFIXES)}{chance.randrange(10**7):07d}", chance.random()
                if kind < 0.05 and earlier:
                    number = chance.choice(earlier)
                elif kind < 0.07:
                    number = number[:-2]
                elif kind < 0.08:
                    stop.write(f"+33{number}\n")
                elif len(earlier) < 50_000:
                    earlier.append(number)
                lines.append(_written(chance, number))
            out.write("\n".join(lines) + "\n")
    return BenchList(path, suppressed, rows)


def _written(chance: random.Random, number: str) -> str:
    way = chance.random()
    if way < 0.5:
        shown = f"0{number}"
    elif way < 0.75:
        shown = f"+33{number}"
    elif way < 0.9:
        shown = f"0{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:]}"
    else:
        shown = f"0033{number}"
    return f"{shown};{chance.choice(FIRST)};{chance.choice(TOWNS)};{chance.randrange(10_000)}"
