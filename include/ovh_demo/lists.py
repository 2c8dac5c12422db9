"""A contact list as messy as real ones; its numbers are those that nobody has (06 39 98 xx xx)."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ovh_demo.untidy_rows import HEAD, examples

FIRST = "Léa Hugo Chloé Noé Inès Zoé Malik Jeanne Andréa Sarah Émile Fatou Agnès".split()
TOWNS = "Paris Lyon Lille Nantes Brest Orléans Dijon Tours Pau Metz".split()
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
    """A list that was written, and the numbers (E.164) that answered STOP to an earlier campaign."""

    rows: int
    stopped: list[str]


def write_messy_list(path: Path, *, rows: int = 10_000, seed: int = 1) -> MessyList:
    """Write a list with the faults of real lists, in UTF-8 with a mark and ``;``, as a spreadsheet saves it.

    :param rows: at least 100 and at most 10,000, the size of the range of numbers that nobody has.
    :param seed: the same seed writes the same list.
    """
    chance = random.Random(seed)
    numbers = [f"63998{n:04d}" for n in chance.sample(range(10_000), min(rows, 10_000))]
    unused = reversed(numbers)  # of the rows that the examples replace
    untidy = list(examples(lambda: f"0{next(unused)}"))
    lines = [_line(chance, number, numbers) for number in numbers[: rows - sum(each.rows for each in untidy)]]
    *inside, last = untidy
    for at, each in enumerate(inside, 1):  # far from each other: a damaged row may cost its neighbours
        lines.insert(at * (len(lines) // len(untidy)), each.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join([*HEAD, *lines, last.text, ""]).encode("utf-8-sig"))
    return MessyList(rows, [f"+33{number}" for number in numbers[:: max(2, rows // 60)]])


def _line(chance: random.Random, number: str, numbers: list[str]) -> str:
    faults: list[tuple[float, Callable[[], str]]] = [
        (0.05, lambda: chance.choice(WRITTEN)(chance.choice(numbers[:500]))),  # a duplicate
        (0.010, lambda: f"0{number[:-2]}"),  # too short
        (0.005, lambda: f"0{number} / 0{number}"),  # two in one cell
        (0.005, lambda: f"{number[0]},{number[1:]}E+08"),  # as a spreadsheet writes a large figure
        (0.005, lambda: ""),
        (0.005, lambda: "voir fiche"),
    ]
    written = chance.choice(WRITTEN)(number)
    for share, faulty in faults:
        if chance.random() < share:
            written = faulty()
            break
    first, town = chance.choice(FIRST), chance.choice(TOWNS)
    if chance.random() < 0.004:
        first = "François"  # OVH refuses a list with ç
    cells = [written, first, town, str(chance.randrange(0, 3000, 10)), "non", "", "", "", ""]
    return " ;".join(cells[:2] if chance.random() < 0.002 else cells)  # a few rows are cut short
