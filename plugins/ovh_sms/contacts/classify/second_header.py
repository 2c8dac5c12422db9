"""A header among the rows: of another list, which was put below the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ovh_sms.contacts.classify.classification_settings import ClassificationRules
from ovh_sms.contacts.read.contact_file import RowBlock
from ovh_sms.messaging.arrow_arrays import of_integers, of_texts
from ovh_sms.messaging.column_names import clean_name, is_number_name


def other_header(block: RowBlock, invalid: Any, rules: ClassificationRules) -> int | None:
    """Find a row that is a header, and whose names are not those of the list's: the rows below it mean something else.

    :param invalid: positions of the rows whose number is none.
    :returns: its line; None if there is no such row. The list's own header may stand there again.
    """
    if not rules.used or not len(invalid):
        return None
    numbers = block.table.column(rules.number_column).cast(pa.string()).take(of_integers(invalid))
    words = numbers.filter(pc.invert(pc.match_substring_regex(numbers, "[0-9][0-9]")))
    names = [text for text in pc.unique(words).to_pylist() if is_number_name(clean_name(text))]
    if not names:
        return None
    columns = [block.table.column(name) for name in rules.used]
    for at in invalid[np.flatnonzero(pc.is_in(numbers, value_set=of_texts(names)))].tolist():
        if not _are_names([column[at].as_py() for column in columns], rules.used):
            return int(block.lines[at])
    return None


def _are_names(values: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether values are the names of their columns."""
    return all(clean_name(value).casefold() == name.casefold() for value, name in zip(values, names, strict=True))
