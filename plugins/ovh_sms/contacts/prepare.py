"""Prepares a contact list for OVH: accepted receivers, rejects with their reasons, and the cost.

OVH does not document its reading of quotes in a list. A value with ``;`` or ``"`` is quoted as in RFC 4180; a
value with a line break is rejected, as a reader that ignores quotes would take its second line for a number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ovh_sms.contacts.classify.classification_settings import ROUNDS, ClassificationRules
from ovh_sms.contacts.classify.list_rules import NUMBER, consent_check, row_zones, rules_of
from ovh_sms.contacts.classify.list_totals import ListCost, ListTotals, MisreadValue, Rates
from ovh_sms.contacts.classify.value_changes import ValueChanges
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepared_list import PreparedList, check_accounting, preparation_fingerprint
from ovh_sms.contacts.read.contact_file import ContactFile, ContactRows, digesting
from ovh_sms.contacts.read.contact_rows import open_rows
from ovh_sms.contacts.read.contact_table import no_contact
from ovh_sms.contacts.write.batch_writer import check_batch_size, describe_batches
from ovh_sms.contacts.write.pilot_sample import PilotRequest
from ovh_sms.contacts.write.prepared_files import PreparedFiles
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.message_check import check_encodable, check_length
from ovh_sms.messaging.misread_text import meaning_of
from ovh_sms.messaging.plain_message import unicode_characters
from ovh_sms.messaging.receiver_zones import Zones, any_of, zones_text
from ovh_sms.messaging.reject_reasons import RejectReason

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.already_sent import AlreadySentCheck
    from ovh_sms.contacts.classify.classify_rows import ClassifiedBlock
    from ovh_sms.contacts.classify.person_digests import OptedOut
    from ovh_sms.messaging.departure_hours import RunHours


class PreparationObserver(Protocol):
    """Sees what a preparation reads, in the list's order; changes nothing."""

    def opened(self, rows: ContactRows) -> None:
        """See the list once its header is found; its file may be removed after the preparation."""

    def classified(self, block: ClassifiedBlock, rules: ClassificationRules) -> None:
        """See rows with the reasons of those that are rejected."""


def prepare(
    contacts: Path | ContactFile,
    *,
    out: Path,
    message: str,
    stop_clause: bool,
    options: ContactOptions | None = None,
    suppressed: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
    rates: Rates | None = None,
    batch_size: int | None = None,
    sheet: str | None = None,
    changes: ValueChanges | None = None,
    already_sent: AlreadySentCheck | None = None,
    today: date | None = None,
    hours: RunHours | None = None,
    observer: PreparationObserver | None = None,
    pilot: PilotRequest | None = None,
    **people: OptedOut | None,
) -> PreparedList:
    """Turn a contact list into the prepared list OVH is given, and account for every row of it.

    Writes ``prepared.csv``, ``rejects.csv``, ``prepared.json`` and, with a column of keys, ``keys.csv`` to a folder:
    all or none. A list longer than ``batch_size`` has the first in ``batch_0001`` … The same arguments, the same files.

    :param message: the campaign's message, with ``#column#`` for values of the contact list.
    :param progress: called after each block, and at the end, with rows read and rows rejected so far.
    :param rates: credits per segment by destination ("33"), or a function of the destinations found; 1 by default.
    :param sheet: name of a workbook's sheet; the first visible one by default.
    :param changes: counts the values changed by transliteration and by the text for empty values, if given.
    :param already_sent: rejects rows that another run has sent to; ``people``: the opted out, dead, unreachable ones.
    :param today: the day for which a consent must not be too old.
    :param hours: cuts the list by the receivers' time zones; ``pilot`` sets a sample of it apart.
    :returns: the manifest; ``accepted`` may be 0, and the caller decides about that.
    :raises ContactsError: the contact list or the message cannot be used; nothing was written.
    :raises ConfigurationError: an option is not possible; AccountingError: rows were lost, a defect.
    :raises SubmissionInFlight: another run may be sending to some of the people right now; nothing was written.
    """
    options = _checked(options or ContactOptions(), message, batch_size, stop_clause=stop_clause)
    file = contacts if isinstance(contacts, ContactFile) else ContactFile(contacts, str(contacts))
    with open_rows(file, options, message, sheet) as table:
        if observer:
            observer.opened(table)
        given: dict[str, Any] = {"suppressed": suppressed, "already_sent": already_sent, **people}
        checks = {"consent": consent_check(table, options, today), "row_zones": row_zones(hours)}
        rules = rules_of(table, message, options, stop_clause=stop_clause, **checks, **given)
        with digesting(file.path, table.digest) as digest, _files(out, batch_size, rules, pilot) as files:
            totals = _classify(table, rules, changes, files, progress or _no_progress, observer)
            cost = totals.cost(rates)
            manifest = PreparedList(
                source=file.path,
                used_columns=(NUMBER, *rules.used),
                fingerprint=preparation_fingerprint(message, stop_clause, options, batch_size, hours),
                rule_columns=rules.deciding_columns(),
                **_account(table, rules, files, totals, cost, source_digest=digest()),
            )
            files.publish(manifest)
    return manifest


def _files(out: Path, batch_size: int | None, rules: ClassificationRules, pilot: PilotRequest | None) -> PreparedFiles:
    used, with_keys = (NUMBER, *rules.used), rules.receiver_key is not None
    return PreparedFiles(out, used, batch_size, with_keys=with_keys, pilot=pilot)


def _checked(options: ContactOptions, message: str, batch_size: int | None, *, stop_clause: bool) -> ContactOptions:
    """The options, if they and the message are possible."""
    options.check()
    check_length(message, stop_clause=stop_clause)
    check_batch_size(batch_size)
    if options.encode_addresses:
        check_encodable(message)
    return options


def _account(
    table: ContactRows,
    rules: ClassificationRules,
    files: PreparedFiles,
    totals: ListTotals,
    cost: ListCost,
    *,
    source_digest: str,
) -> dict[str, Any]:
    """Finish the files, and account for every row in them."""
    batches = files.finish()
    rejected = dict(sorted(files.rejected.items()))
    accepted = sum(batch.accepted for batch in batches)
    check_accounting(rows=totals.rows, accepted=accepted, rejected=rejected)
    origin: dict[str, Any] = {"folder": files.folder, "source_digest": source_digest}
    known = rules.row_zones.names if rules.row_zones else []
    zones_of_cut = _zones_of_cut(rules, any_of(known[at] for at in totals.zones))
    described = tuple(describe_batches(batches, cost.batch_credits, rejected, zones_of_cut, totals.ends, **origin))
    found = {
        "encoding": table.encoding,
        "encoding_certainty": table.certainty,
        "separator": table.separator,
        "columns": table.columns,
        "region": rules.options.region,
        "header_line": table.header_line,
    }
    unicode = unicode_characters(rules.message)
    text = {"unicode_text": unicode, "gsm7_credits": cost.gsm7_credits if unicode else None}
    zones = {zones_text(known[at]): totals.zones[at] for at in sorted(totals.zones)}
    rows = {
        "zones": zones,
        "batches": described,
        "rejects_path": files.rejects_path,
        "pilot_batches": files.pilot_batches,
        "accepted": accepted,
        "rejected": rejected,
    }
    return {**found, **rows, **origin, **text, **cost.manifest}


def _zones_of_cut(rules: ClassificationRules, of_all: Zones) -> Callable[[int], Zones]:
    """A function of the zones of a cut's receivers: those of everybody if the list is not cut by zones."""
    rows = rules.row_zones
    if rows is None or not rows.cut_the_list:
        return lambda cut: of_all
    return lambda cut: rows.names[cut // ROUNDS]


def _no_progress(rows: int, rejected: int) -> None:
    pass


def _classify(
    table: ContactRows,
    rules: ClassificationRules,
    changes: ValueChanges | None,
    files: PreparedFiles,
    progress: Callable[[int, int], None],
    observer: PreparationObserver | None,
) -> ListTotals:
    from ovh_sms.contacts.classify.classify_rows import BlockClassifier, classified_rows
    from ovh_sms.contacts.write.write_rows import write_rows

    observe = partial(observer.classified, rules=rules) if observer else None
    blocks = classified_rows(table.blocks(rules.positions), BlockClassifier(rules, changes))
    totals = write_rows(blocks, rules, files, progress, observe)
    progress(totals.rows, files.rejected.total())
    files.take_pilot(totals)
    if not totals.rows:
        raise no_contact(table.path)
    if rules.consent is not None:
        rules.consent.refuse_if_undecided(table.path)
    if totals.other_header:
        raise ContactsError(
            f"Contact list {table.path}, line {totals.other_header}: another header begins here, with other columns "
            f"than in line {table.header_line}. Nothing was prepared.",
            action="Two lists seem to stand in one. Prepare each of them, or bring their columns into one order.",
        )
    if totals.first_misread and not rules.options.repair_encoding:
        raise _misread(table, totals.first_misread, files.rejected[RejectReason.MISREAD_TEXT.value])
    if changes is not None:
        changes.sort(rules.used)
    return totals


def _misread(table: ContactRows, first: MisreadValue, rows: int) -> ContactsError:
    """Return the error of a list whose text an earlier program has misread."""
    meant = meaning_of(first.character)
    return ContactsError(
        f"Contact list {table.path}, line {first.line}, column {first.column}: {first.character!r}"
        f"{f' stands for {meant!r}' if meant else ''}. UTF-8 text was read in another encoding and saved again; "
        f"rows concerned: {rows:,}.",
        action="Nothing was prepared. Export the list again, or have it repaired by 'repair_encoding: true'.",
    )
