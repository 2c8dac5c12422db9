"""Log lines about a prepared list: counts and reasons, no numbers and no texts."""

from __future__ import annotations

import logging

from ovh_sms.contacts.preparation import PreparationResult
from ovh_sms.contacts.preview.number_notes import describe_made_up, describe_without_plus
from ovh_sms.contacts.preview.preview_text import describe_rejected_characters
from ovh_sms.contacts.preview.unicode_notes import describe_unicode

log = logging.getLogger(__name__)


def log_preparation(result: PreparationResult, *, transliterate: bool) -> None:
    """Log how many rows of a contact list get an SMS, why the others get none, and the cost."""
    prepared = result.prepared
    rejected = sum(prepared.rejected.values())
    counts = prepared.rows, prepared.accepted, rejected
    form = prepared.encoding, 100 * prepared.encoding_certainty, prepared.separator, prepared.header_line
    log.info("read encoding=%s (%.1f %% sure) separator=%r header line=%d", *form)
    for what, names in prepared.rule_columns.items():
        log.info("read %s from %s", what, ", ".join(f"column {name!r}" for name in names))
    log.info("prepared source=%s rows=%d accepted=%d rejected=%d", result.source, *counts)
    for reason, rows in sorted(prepared.rejected.items(), key=lambda item: -item[1]):
        log.info("rejected reason=%s rows=%d", reason, rows)
    if found := prepared.rejected_characters:
        log.info("rejected reason=not_gsm7: %s", describe_rejected_characters(found, transliterated=transliterate))
    if rejected * 2 > prepared.rows:
        log.warning("More than half of the rows were rejected. Check that this is the right list.")
    if sentence := describe_unicode(prepared):
        log.warning("%s", sentence)
    for sentence in describe_without_plus(prepared):
        log.info(sentence)
    for sentence in describe_made_up(prepared):
        log.warning(sentence)
    _log_changes(result)
    log.info(
        "prepared credits=%g longest_message_segments=%d unicode_messages=%d batches=%d folder=%s rejects=%s",
        prepared.credits,
        prepared.worst_segments,
        prepared.unicode_rows,
        len(prepared.batches),
        prepared.folder,
        prepared.rejects_path,
    )


def _log_changes(result: PreparationResult) -> None:
    for file, numbers in result.suppression.items():
        log.info("suppressed file=%s numbers=%d", file, numbers)
    for file, rows in result.without_number.items():
        log.info("suppressed file=%s rows=%d without a number: they hold e-mail addresses alone", file, rows)
    for column, left in result.left_overs.items():
        rows = result.prepared.empty_values[column]
        log.warning(
            "empty column=%s rows=%d leave %r in the message: 'empty: text' and 'default_text' fill them",
            column,
            rows,
            left,
        )
    if result.changes is None:
        return
    for character, rows in result.changes.transliterated.most_common():
        log.info("transliterated %r as %r rows=%d", character, result.changes.stand_ins[character], rows)
    for change, columns in result.changes.by_column.items():
        for column, rows in columns.items():
            log.info("%s column=%s rows=%d", str(change.name).lower(), column, rows)
