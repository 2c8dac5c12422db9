"""Damages by subject: each module enters its own into the table."""

from list_proof.damages import cells, characters, columns, header, numbers, quotes, rows, sheets  # noqa: F401
from list_proof.damages.registry import DAMAGES, Damage
from list_proof.damages.rules import (  # noqa: F401
    consent,
    countries,
    dialects,
    escaped_texts,
    missing_words,
    names_at_ovh,
    sharps,
    web_addresses,
)

#: Damages of some lines alone: they also come beside another damage.
BESIDE = (
    "blank_rows",
    "separator_rows",
    "repeated_header",
    "comment_among_the_rows",
    "extra_field",
    "separator_inside_a_value",
    "line_break_without_quotes",
    "file_cut_off",
    "row_twice",
    "number_in_another_column",
    "quote_never_closed",
    "quotes_around_rows",
    "quote_inside_a_word",
    "whole_line_quoted",
    "line_break_in_a_cell",
    "word_in_the_number",
    "title_above",
)

__all__ = ["BESIDE", "DAMAGES", "Damage"]
