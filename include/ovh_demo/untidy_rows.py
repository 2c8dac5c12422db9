"""One example of each fault that real lists have, as rows of the messy list."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Lines above the rows: Excel's statement of the separator, a title, and names of columns as people type them.
HEAD = [
    "sep=;",
    "Clients de la boutique au 24/11/2026",
    "",
    'Num\u200béro ;Pre\u0301nom\u00a0 usuel;VILLE;Points ;SMS;"Dernière\r\nvisite";01/03/2026;Note;Note',
]
#: Fields of a row, as the header has them.
WIDTH = 9


class Example(NamedTuple):
    """Lines of the list, and how many of its rows they are."""

    kind: str
    rows: int
    text: str


def examples(number: Callable[[], str]) -> Iterator[Example]:
    """Yield every fault once.

    :param number: gives another number with each call, 0639980012.
    """

    def row(first: str = "Léa", town: str = "Lyon", points: str = "120", *more: str) -> str:
        cells = [number(), first, town, points, "oui", *more]
        return ";".join([*cells, *[""] * (WIDTH - len(cells))])

    yield Example("a line break in quotes that the message uses", 1, row('"Léa\r\nMarie"'))
    yield Example("a line break in quotes that it does not use", 1, row("Léa", "Lyon", "120", '"hier\r\nà 10 h"'))
    yield Example("a line break without quotes", 2, f"{number()};Jean-\r\nPaul;Lyon;120;oui;;;;")
    yield Example("fewer fields than the header", 1, f"{number()};Zoé")
    yield Example("more fields than the header", 1, row("Léa", "12;rue Foch", "120", "", "", "") + ";Lyon")
    yield Example("separators and blanks only", 0, ";" * (WIDTH - 1) + "\r\n ; ; ")
    yield Example("a blank line", 0, "")
    yield Example("a whole line in quotes", 1, f'"{number()};""Léa"";Lyon;120;oui;;;;"')
    yield Example("a separator lost before a value in quotes", 1, f'{number()};Léa"Lyon";120;oui;;;;')
    yield Example("a quote that never closes", 1, row('"Léa'))
    yield Example("a quote inside a word", 1, row('Le "Gone" Hugo'))
    yield Example("UTF-8 read in another encoding", 1, row("HÃ©lÃ¨ne"))
    yield Example("half of a character of UTF-8 read in another encoding", 1, row("voilÃ"))
    yield Example("an error of a spreadsheet in a value", 1, row("Léa", "#REF!"))
    yield Example("an error of a spreadsheet for a number", 1, "#########;Léa;Lyon;120;oui;;;;")
    yield Example("an accent that is a character of its own", 1, row("Ame\u0301lie"))
    yield Example("a character that OVH refuses", 1, row("Loïc"))
    yield Example("a separator in quotes", 1, row('"Léa; Hugo"'))
    yield Example("an empty value", 1, row(""))
    yield Example("a formula", 1, row("=1+1"))
    yield Example("a number with words before it", 1, f"Mobile : {number()};Léa;Lyon;120;oui;;;;")
    yield Example("a number with no-break blanks", 1, f"{_spaced(number())};Léa;Lyon;120;oui;;;;")
    yield Example("a total below the rows", 1, "Total général;;;5420")


def _spaced(number: str) -> str:
    return "\u00a0".join(number[at : at + 2] for at in range(0, len(number), 2))
