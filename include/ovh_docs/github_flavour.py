"""Has Python-Markdown read a page as the repository's site shows it: anchors, nested lists, tables, marked code."""

from __future__ import annotations

import re

from markdown import Extension, Markdown

#: The repository nests a list below two blanks.
_INDENT = 2
_FENCE = re.compile(r"^([ ]*)(```+|~~~+)[ ]*(\w*)[^\n]*$")
#: A heading has a blank behind its marks: `#column#` at the start of a line is text.
_HEADING = re.compile(r"(?:^|\n)(?P<level>#{1,6})[ \t]+(?P<header>(?:\\.|[^\\])*?)#*(?:\n|$)")
_ITEM = re.compile(r"[ ]*([-*+]|\d+\.)[ ]")
#: An item that may follow a line of text without a blank line between them.
_NEXT_ITEM = re.compile(r"[ ]*([-*+]|1\.)[ ]")
_CODE = re.compile(r"(`+)(.+?)\1")


class GitHubFlavour(Extension):
    """Reads nested lists and the paragraphs of an item below two blanks, and headings with a blank alone."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Set the indent of every block, once all other extensions are there."""
        md.tab_length = _INDENT
        for processor in md.parser.blockprocessors:
            processor.tab_length = _INDENT
        for name in ("indent", "olist", "ulist"):  # they have made their patterns of the usual indent
            processor = md.parser.blockprocessors[name]
            processor.__init__(md.parser)  # type: ignore[misc]
        md.parser.blockprocessors["hashheader"].RE = _HEADING


def slug(heading: str, separator: str = "-") -> str:
    """Return the anchor of a heading.

    :param heading: its text, without marks.
    :param separator: stands for each blank.
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", separator)


def as_python_markdown(page: str) -> str:
    """Rewrite what they write in different ways: marks of code blocks, bars within cells, lists right below a text."""
    lines: list[str] = []
    fence, prose = "", _Prose()
    for line in page.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if line.strip() == fence:
                fence = ""
            lines.append(line)
        elif found:
            fence = found[2]
            lines.append(f"{found[1]}{found[2]}{found[3]}")
        else:
            lines += prose.read(line, lines[-1].strip() if lines else "")
    return "\n".join(lines)


class _Prose:
    """Lines outside of code, one after the other: whether each begins an item of a list."""

    def __init__(self) -> None:
        self.is_text, self.indent = False, 0  # of the block; of its last item

    def read(self, line: str, before: str) -> list[str]:
        """Return a line with what must stand before it.

        :param before: the line above, without its indent.
        """
        item = _ITEM.match(line)
        if not before or before.startswith(("```", "~~~")):
            self.is_text = item is None
        elif self.is_text and _NEXT_ITEM.match(line):
            self.is_text = False
            return ["", line]
        elif item and line[item.start(1) :][:1].isdigit() and item[1] != "1." and item.start(1) > self.indent:
            return [line.replace(".", "\\.", 1)]  # such as a year or a port that ends a sentence
        if item:
            self.indent = item.start(1)
        return [_CODE.sub(_plain_bars, line) if line.lstrip().startswith("|") else line]


def _plain_bars(code: re.Match[str]) -> str:
    return code[0].replace("\\|", "|")
