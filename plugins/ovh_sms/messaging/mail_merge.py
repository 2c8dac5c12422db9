"""Mail merge: ``#column#`` in a message stands for the receiver's value of that column.

A name runs from ``#`` to the next ``#`` on the same line and neither begins nor ends with a blank: those of "#1" and
"C# and F#" are no placeholders. :mod:`~ovh_sms.messaging.message_check` refuses most of them.
A name means the column that a person reads as the same; the prepared list's column is called as in the message, as it
is unknown whether OVH accepts another case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import find_column, listed, near_name

_PLACEHOLDER = re.compile(r"#([^\s#](?:[^#\r\n]*[^\s#])?)#")
#: Of fewer words nothing is certain: a text may also be masked.
FEWEST_WORDS = 3
_WORD = re.compile(r"[A-Za-z0-9]{3,}")
#: After a blank, a line break or the beginning of a message, these show that something is missing.
_ODD_AFTER_BLANK = tuple(" ,.;:-)!?\n")
_WITH_BLANKS = re.compile(r"#(?=([^#\r\n]+)#)")


def placeholders(message: str) -> tuple[str, ...]:
    """Return the columns a message uses: the distinct names between sharps, in order of first use."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(message)))


def occurrences(message: str) -> Counter[str]:
    """Count how often a message uses each column."""
    return Counter(_PLACEHOLDER.findall(message))


def split_message(message: str) -> tuple[str, ...]:
    """Split a message into its plain texts and, between two of them, the column that stands there.

    :returns: text, column, text, … text; a text may be empty.
    """
    return tuple(_PLACEHOLDER.split(message))


def is_another_text(message: str, text: str) -> bool:
    """Return whether a text is certainly not a message merged for somebody, even if it was altered on the way.

    Both must be made of several words, and hardly any word of the message stands in the text.

    :param message: the message before merging; only its plain words of three ASCII letters or digits and more count.
    """
    words = [word for part in split_message(message)[::2] for word in _WORD.findall(part)]
    kept = sum(word in text for word in words)
    return len(words) >= FEWEST_WORDS and len(_WORD.findall(text)) >= FEWEST_WORDS and 3 * kept < len(words)


def check_placeholders(message: str, columns: Sequence[str]) -> dict[str, int]:
    """Make sure that no receiver ever reads a raw ``#column#``.

    :param columns: the contact list's column names, as :func:`~ovh_sms.messaging.column_names.clean_name` writes them.
    :returns: position of the column that each placeholder means.
    :raises ContactsError: a placeholder means no column of the contact list, or several; lists the columns there are.
    """
    found: dict[str, int] = {}
    hints: dict[str, str] = {}
    for name in placeholders(message):
        at = find_column(name, columns)
        if at is None:
            hints[name] = near_name(name, columns)
        else:
            found[name] = at
    for name in _WITH_BLANKS.findall(_PLACEHOLDER.sub("\n", message)):
        # "# name #" would reach receivers as it stands; "50# off #" is text, as no column is called so
        meant = find_column(name, columns) if name != name.strip() else None
        if meant is not None:
            hints[name] = columns[meant]
    if not hints:
        return found
    unknown = listed(f"#{name}# (did you mean #{meant}#?)" if meant else f"#{name}#" for name, meant in hints.items())
    available = listed(f"#{column}#" for column in columns if column)
    raise ContactsError(
        f"The message uses {unknown}, not a column of the contact list; available: {available}.",
        action="Correct the message or the header of the list; write plain text without #.",
    )


def left_over(message: str, column: str) -> str:
    """Return what an empty value of a column leaves in a message that no author means, as `` ,`` or two blanks.

    :returns: the characters around the first such place; empty if an empty value leaves nothing odd.
    """
    divided = split_message(message)
    for at in range(1, len(divided), 2):
        before, after = divided[at - 1][-1:], divided[at + 1]
        if divided[at] == column and (at == 1 or before) and before in " \n(" and after[:1] in _ODD_AFTER_BLANK:
            return before + after[:2].rstrip()
    return ""


def render(message: str, values: Mapping[str, str]) -> str:
    """Write the message one receiver will read.

    A value's own sharps are not merged again; a placeholder without a value stays as it is.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), message)
