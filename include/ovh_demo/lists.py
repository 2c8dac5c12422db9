"""A messy contact list, as people really keep them; only numbers that belong to nobody (06 39 98 xx xx)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

FIRST = [
    "Léa",
    "Hugo",
    "Chloé",
    "Noé",
    "Inès",
    "Zoé",
    "Malik",
    "Jeanne",
    "Andréa",
    "Sarah",
    "Émile",
    "Fatou",
    "Agnès",
]
TOWNS = ["Paris", "Lyon", "Lille", "Nantes", "Brest", "Orléans", "Dijon", "Tours", "Pau", "Metz"]
WRITTEN: list[Callable[[str], str]] = [
    lambda n: f"0{n}",
    lambda n: f"0{n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:]}",
    lambda n: f"0{n[0]}.{n[1:3]}.{n[3:5]}.{n[5:7]}.{n[7:]}",
    lambda n: f"+33{n}",
    lambda n: f"+33 (0){n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:]}",
    lambda n: f"0033{n}",
    lambda n: f"33{n}",
    lambda n: n,
    lambda n: f"0{n[0]}-{n[1:3]}-{n[3:5]}-{n[5:7]}-{n[7:]}",
]


@dataclass(frozen=True)
class MessyList:
    """What was written, to compare with what was made of it.

    :param path: the file.
    :param rows: rows below the header.
    :param blacklisted: numbers, in E.164 form, that answered STOP to an earlier campaign.
    """

    path: Path
    rows: int
    blacklisted: list[str]


def write_messy_list(path: Path, *, rows: int = 10_000, seed: int = 1) -> MessyList:
    """Write a list with every ailment that real lists have.

    :param path: file to write, cp1252 with ``;``, as a spreadsheet saves it.
    :param rows: at most 10,000, the size of the range of numbers that belong to nobody.
    :param seed: the same seed writes the same list.
    """
    chance = random.Random(seed)
    numbers = [f"63998{n:04d}" for n in chance.sample(range(10_000), min(rows, 10_000))]
    lines = [_line(chance, number, numbers) for number in numbers[:rows]]
    path.parent.mkdir(parents=True, exist_ok=True)
    header = "Numéro ;Prénom ;Ville ;Points"
    path.write_bytes("\r\n".join([header, *lines, ""]).encode("cp1252"))
    return MessyList(path, len(lines), [f"+33{number}" for number in numbers[:: max(1, rows // 60)]])


def _line(chance: random.Random, number: str, numbers: list[str]) -> str:
    ailments: Iterator[tuple[float, Callable[[], str]]] = iter(
        [
            (0.05, lambda: chance.choice(WRITTEN)(chance.choice(numbers[:500]))),  # again
            (0.010, lambda: f"0{number[:-2]}"),  # too short
            (0.005, lambda: f"0{number} / 0{number}"),  # two in one cell
            (0.005, lambda: f"{number[0]},{number[1:]}E+08"),  # a spreadsheet's idea of a number
            (0.005, lambda: ""),
            (0.005, lambda: "voir fiche"),
        ]
    )
    written = chance.choice(WRITTEN)(number)
    for share, ailing in ailments:
        if chance.random() < share:
            written = ailing()
            break
    first, town = chance.choice(FIRST), chance.choice(TOWNS)
    if chance.random() < 0.004:
        first = "François"  # ç cannot stand in a list at OVH
    cells = [written, first, town, str(chance.randrange(0, 3000, 10))]
    if chance.random() < 0.002:
        cells = cells[:2]  # a row cut short
    return " ;".join(cells)
