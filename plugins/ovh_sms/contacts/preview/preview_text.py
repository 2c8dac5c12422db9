"""A preview in words, for a terminal or a task's log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ovh_sms.contacts.classify.value_rules import ValueChange
from ovh_sms.contacts.preview.departures import describe_departures
from ovh_sms.contacts.preview.list_preview import Preview
from ovh_sms.contacts.preview.number_notes import counted, describe_made_up, describe_without_plus
from ovh_sms.contacts.preview.samples import LineResult, Reject, Sample
from ovh_sms.contacts.preview.unicode_notes import MOST_NAMED, advice, credits_shown, shown
from ovh_sms.contacts.read.csv_fields import line_breaks_in
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import GSM7_ONE_SEGMENT, UNICODE_ONE_SEGMENT

#: Width of the longest bar of a histogram.
BAR = 40
#: What a line of a message begins with; no other line does.
MESSAGE_INDENT = "    > "
#: Characters that are listed at most.
MOST_CHARACTERS = 20
#: To ``str.splitlines`` and to terminals these break a line; to OVH and phones they are characters as others.
_BREAKS_A_TERMINAL = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")

#: Sentences on the changes of a column's values.
_CHANGES = {
    ValueChange.MISSING: "Missing {column}: a word such as NULL or N/A counts as empty in {rows}",
    ValueChange.FILLED: "Empty {column}: the default text stands for it in {rows}",
    ValueChange.REPAIRED: "Repaired {column}: misread characters in {rows}",
    ValueChange.UNESCAPED: "Decoded {column}: text that was escaped for a program in {rows}",
    ValueChange.ENCODED: "Encoded {column}: for the web address in {rows}",
}


def lines(preview: Preview, *, masked: bool) -> Iterator[str]:
    """Write a preview line by line.

    :param masked: show messages by the names and lengths of their values instead of the values, for a log.
    """
    it = preview.result.prepared
    yield f"Contact list: {preview.result.source}"
    yield from _form(preview)
    yield f"Columns found: {', '.join(name for name in it.columns if name)}"
    used = (preview.column_names.get(name, name) for name in it.used_columns[1:])
    yield f"Columns the message uses: {', '.join(used) or 'none'}"
    yield from describe_departures(preview.departures, preview.refusal)
    for what, names in it.rule_columns.items():
        yield f"Read for each row: {what} from {', '.join(names)}"
    if preview.line:
        yield from _line(preview.line, masked)
        return
    yield from _rows(preview, masked)
    yield from _changes(preview)
    if preview.samples:
        yield "Messages whose texts differ most:"
    for sample in preview.samples:
        yield f"  Line {sample.line:,}: {_visible(', '.join(sample.kinds))}"
        yield from _message(sample, masked)
    yield from _cost(preview)
    yield from _unicode(preview)


def _form(preview: Preview) -> Iterator[str]:
    """The form in which the list was read."""
    it = preview.result.prepared
    if preview.kind == "csv":
        separator = "a tab" if it.separator == "\t" else f"'{it.separator}'"
        sure = "as asked for" if preview.encoding_given else f"{100 * it.encoding_certainty:.1f} % sure"
        yield f"Encoding: {it.encoding}, {sure}; separator: {separator}"
    if preview.kind in ("csv", "xlsx"):
        yield f"Header: in {'line' if preview.kind == 'csv' else 'row'} {it.header_line:,}"


def _line(found: LineResult, masked: bool) -> Iterator[str]:
    """The one line that was asked for."""
    if found.message:
        yield f"Line {found.line:,}: accepted"
        yield from _message(found.message, masked)
    elif found.reject:
        yield f"Line {found.line:,}: rejected as {found.reject.reason}: {found.reason}"
        yield from () if masked else (f"    {_value(found.reject)}",)
    else:
        yield f"Line {found.line:,} is no row. {found.reason}"


def _value(reject: Reject) -> str:
    value = _visible(" ".join(line_breaks_in(reject.value)))
    return f"{reject.column}: {value}" if reject.column and value else value or f"{reject.column} is empty"


def _rejects(rejects: Sequence[Reject], masked: bool) -> Iterator[str]:
    """The first rows of one reason; of a log, their lines alone."""
    if masked and rejects:
        yield f"{'':>12}first in lines {', '.join(f'{each.line:,}' for each in rejects)}"
        return
    for each in rejects:
        yield f"{'':>12}line {each.line:,}, {_value(each)}"


def _rows(preview: Preview, masked: bool) -> Iterator[str]:
    it = preview.result.prepared
    yield f"Rows: {it.rows:,}, accepted {it.accepted:,}, rejected {sum(it.rejected.values()):,}"
    for reason, count in sorted(it.rejected.items(), key=lambda item: -item[1]):
        yield f"  {count:>10,}  {reason}: {RejectReason(reason).meaning}"
        yield from _rejects(preview.rejects.get(reason, ()), masked)
        if reason == RejectReason.DUPLICATE and preview.other_texts:
            others = f"{preview.other_texts:,}; 'duplicates: number_and_text' below 'contacts' would send them"
            yield f"{'':>12}with another text: {others}"
    if preview.reject_limit and preview.over_reject_limit:
        yield f"{preview.reject_limit.describe(it)}: the run would stop"
    if preview.several_texts:
        numbers, most = counted(preview.several_texts, "number"), preview.most_texts
        batches = preview.batch_count or len(it.batches)
        yield f"More than one message: to {numbers}, at most {most}, each in another of {batches:,} batches"
    for name, rule in preview.consent.items():
        yield f"Consent: {name} {rule.rule}; rejects {counted(rule.rejected, 'row')}"
    for name, count in preview.result.suppression.items():
        yield f"Suppression file {name}: {counted(count, 'number')}"
    for name, count in preview.result.without_number.items():
        yield f"Suppression file {name}: {counted(count, 'row')} with an e-mail address and no number"
    for column, count in it.empty_values.items():
        name = preview.column_names.get(column, column)
        yield f"Empty {name}: {counted(count, 'message')} sent without it{_left_over(preview, column)}"
    yield from describe_without_plus(it)
    yield from describe_made_up(it)
    if preview.fiction:
        yield f"Numbers of fiction (06 39 98 xx xx): {preview.fiction:,}; a real account refuses them"


def _left_over(preview: Preview, column: str) -> str:
    left = preview.result.left_overs.get(column)
    return f", which leaves {left!r} in the text: fill it with 'empty: text' and 'default_text'" if left else ""


def _changes(preview: Preview) -> Iterator[str]:
    changes = preview.result.changes
    if changes is None:
        return
    for character, rows in changes.transliterated.most_common(MOST_CHARACTERS):
        yield f"Transliterated: {shown(character)} as '{changes.stand_ins[character]}' in {_readable(rows)}"
    for change, sentence in _CHANGES.items():
        for column, rows in changes.by_column[change].items():
            yield sentence.format(column=preview.column_names.get(column, column), rows=_readable(rows))


def describe_rejected_characters(characters: Mapping[str, int], *, transliterated: bool) -> str:
    """Describe in one line the characters that rejected rows, and the remedies: for a log, so without any value.

    :param characters: rows by character, the commonest first.
    :param transliterated: whether values are written in the GSM alphabet if possible.
    """
    most = [f"{shown(each)} in {counted(rows, 'row')}" for each, rows in islice(characters.items(), MOST_NAMED)]
    others = len(characters) - len(most)
    if others:
        most.append(counted(others, "other character"))
    remedy = "write the values without them"
    if not transliterated:
        remedy = f"set 'transliterate: true' in the campaign file, or {remedy}"
    return f"characters that OVH refuses in values: {', '.join(most)}; {remedy}"


def _message(sample: Sample, masked: bool) -> Iterator[str]:
    number = "" if masked else f"{sample.number}: "
    text = sample.characters - sample.stop_clause
    clause = f" ({text} + STOP clause of {sample.stop_clause})" if sample.stop_clause else ""
    shorter = f"; {sample.surplus:,} fewer fit {counted(sample.segments - 1, 'segment')}" if sample.surplus else ""
    yield f"    {number}{sample.characters} characters{clause}, {counted(sample.segments, 'segment')}{shorter}"
    for line in (sample.shape if masked else sample.text).split("\n"):
        yield f"{MESSAGE_INDENT}{_visible(line)}"


def _cost(preview: Preview) -> Iterator[str]:
    it = preview.result.prepared
    most = max(it.segments.values(), default=0)
    if it.segments:
        yield "Messages by their segments:"
    for segments, rows in it.segments.items():
        yield f"  {segments:>3} {'#' * max(1, rows * BAR // most):<{BAR}} {rows:,}"
    if it.worst_line and it.worst_segments > 1:
        yield f"Longest message: {it.worst_segments} segments, first in line {it.worst_line}"
    yield f"Credits: {credits_shown(it.credits)}{_budget(preview)}"
    if preview.price and preview.cost is not None:
        currency = f" {preview.price.currency}" if preview.price.currency else ""
        yield f"Price: {preview.cost:,.2f}{currency} without tax, at {preview.price.per_credit:g} a credit"
    yield from _foreign(preview)
    if preview.batch_size and (preview.batch_count or 0) > 1:
        each = counted(preview.batch_size, "receiver")
        yield f"Sent in {preview.batch_count:,} batches of at most {each}"
    yield from (each.text for each in preview.limits)


def _budget(preview: Preview) -> str:
    if preview.budget is None:
        return ""
    budget = credits_shown(preview.budget)
    if preview.over_budget:
        return f", more than the budget of {budget}: the run would stop"
    return f" of a budget of {budget}"


def _foreign(preview: Preview) -> Iterator[str]:
    it = preview.result.prepared
    if not it.foreign_rows:
        return
    receivers = f"Outside of metropolitan France (+33): {counted(it.foreign_rows, 'receiver')}"
    if not preview.foreign_rates:
        yield f"{receivers}; OVH's foreign rates are not in this estimate"
        return
    yield f"{receivers}, at OVH's rates; credits a segment:"
    for code, rate in preview.foreign_rates.items():
        yield f"  +{code:<4} {credits_shown(rate):>8}  {counted(it.countries[code], 'receiver')}"
    for code in preview.without_rate:
        yield f"  +{code:<4} {'unknown':>8}  {counted(it.countries[code], 'receiver')}, counted as in France"


def _unicode(preview: Preview) -> Iterator[str]:
    it = preview.result.prepared
    if it.unicode_text:
        yield (
            f"Unicode: {counted(it.unicode_rows, 'message')}, {UNICODE_ONE_SEGMENT} characters in one segment "
            f"instead of {GSM7_ONE_SEGMENT}, as the message's own text holds"
        )
        for character, stand_in in it.unicode_text.items():
            yield f"  {shown(character)}; {advice(character, stand_in)}"
        yield from _without(preview)
    elif it.accepted:
        yield "Unicode: none, every message fits the GSM alphabet"
    if preview.unicode_values:
        yield "Characters in values that OVH refuses in a list, with the rows rejected for them:"
    for character, rows in list(preview.unicode_values.items())[:MOST_CHARACTERS]:
        yield f"  {shown(character)} {rows:,}"
    if preview.unicode_values and not preview.transliterates:
        yield "  'transliterate: true' in the campaign file writes them in the GSM alphabet where it can"


def _without(preview: Preview) -> Iterator[str]:
    """The campaign's cost in the GSM alphabet, if that is less."""
    cost, cheaper = preview.result.prepared.credits, preview.result.prepared.gsm7_credits
    if cheaper is None or cheaper >= cost:
        return
    saved = ""
    if preview.price:
        money = (cost - cheaper) * preview.price.per_credit
        saved = f", {money:,.2f}{f' {preview.price.currency}'.rstrip()} less"
    yield (
        f"  Without them the campaign costs {credits_shown(cheaper)} credits instead of {credits_shown(cost)}{saved}"
    )


def _readable(rows: int) -> str:
    """Changes are counted before rows are accepted or rejected."""
    return f"{counted(rows, 'readable row')} of the list, accepted or not"


def _visible(line: str) -> str:
    """Write a line so that a terminal shows it as one: other characters that break lines there by their codes."""
    return _BREAKS_A_TERMINAL.sub(lambda found: f"<U+{ord(found[0]):04X}>", line)
