"""Prepares a contact list for OVH: who gets an SMS, who does not and why, and what it costs.

What OVH does with quotes in a list is not documented. A value with ``;`` or ``"`` is quoted as in RFC 4180; a
value with a line break is rejected, as a reader that ignores quotes would take its second line for a number.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ovh_sms.contacts.batches import batches_of, check_batch_size
from ovh_sms.contacts.changes import Changes
from ovh_sms.contacts.judge import RowJudge
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.outputs import Outputs
from ovh_sms.contacts.prepared import PreparedList, check_accounting, recipe_of
from ovh_sms.contacts.reader import ContactTable, no_contact, open_contacts
from ovh_sms.contacts.rowwise import run_rows
from ovh_sms.contacts.source_digest import digesting
from ovh_sms.contacts.tally import Rates, Tally
from ovh_sms.contacts.telling import Progress, Telling
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.merge import check_placeholders, placeholders

#: Name OVH wants for the number's column.
NUMBER = "number"


def prepare(
    source: Path,
    *,
    out: Path,
    message: str,
    stop_clause: bool,
    options: ContactOptions | None = None,
    suppressed: Collection[str] = (),
    progress: Progress | None = None,
    rates: Rates | None = None,
    batch_size: int | None = None,
    changes: Changes | None = None,
    by_rows: bool = False,
) -> PreparedList:
    """Turn a contact list into the list OVH is given, and account for every row of it.

    Writes ``prepared.csv``, ``prepared.parquet``, ``rejects.csv`` and ``prepared.json`` to a folder, all or none;
    a list longer than ``batch_size`` has the first two in ``batch_0001``, ``batch_0002`` … instead. The same list,
    message and options give the same files.

    :param source: the contact list, a local file.
    :param out: the folder; it is made if need be.
    :param message: the campaign's message, with ``#column#`` for values of the list.
    :param stop_clause: whether OVH will append the STOP clause (marketing).
    :param options: how to read the list; by default everything is found by looking.
    :param suppressed: numbers that get no SMS, as OVH's blacklist.
    :param progress: called with rows read and rows rejected so far, about once a second and at the end.
    :param rates: credits per part by calling code ("33"), or what gives them for the codes found; 1 without.
    :param batch_size: receivers of one sending at most; all in one where not given.
    :param changes: where given, counts what transliteration and the text for empty values change.
    :param by_rows: decide row by row, which is slow and gives the same.
    :returns: the manifest; ``accepted`` may be 0, which is for the caller to judge.
    :raises ContactsError: the list or the message cannot be used; nothing was written.
    :raises ConfigurationError: an option cannot be meant.
    :raises AccountingError: rows in are not accepted + rejected, a defect; nothing was written.
    """
    options = options or ContactOptions()
    options.check()
    check_batch_size(batch_size)
    with open_contacts(source, options) as table:
        check_placeholders(message, table.columns)
        written = written_columns(table.columns, table.number_index, message)
        telling = Telling(progress)
        with digesting(source) as digest, Outputs(out, written, batch_size) as outputs:
            if by_rows or not _in_batches(table):
                rows = RowJudge(
                    columns=table.columns,
                    number_index=table.number_index,
                    used=written[1:],
                    message=message,
                    stop_clause=stop_clause,
                    options=options,
                    suppressed=suppressed,
                    changes=changes,
                )
                tally = run_rows(table, rows, outputs, telling)
            else:
                tally = _run_batches(
                    table, written[1:], message, stop_clause, options, suppressed, changes, outputs, telling
                )
            if changes is not None:
                changes.settle(written[1:])
            telling.last(tally.rows, outputs.rejected.total())
            files = outputs.finish()
            rejected = dict(sorted(outputs.rejected.items()))
            accepted = sum(file.accepted for file in files)
            check_accounting(rows=tally.rows, accepted=accepted, rejected=rejected)
            totals = tally.totals(rates)
            manifest = PreparedList(
                source=source,
                folder=out,
                batches=tuple(
                    batches_of(files, totals.credits, rejected, folder=out, source_digest=digest())
                ),
                rejects_path=outputs.rejects_path,
                encoding=table.encoding,
                separator=table.separator,
                columns=table.columns,
                used_columns=written,
                accepted=accepted,
                rejected=rejected,
                recipe=recipe_of(message, stop_clause, options, batch_size),
                source_digest=digest(),
                **totals.manifest,
            )
            outputs.publish(manifest)
    return manifest


def _in_batches(table: ContactTable) -> bool:
    """Tell whether the engine can read a list in batches."""
    from ovh_sms.contacts.blocks import can_read

    return table.separator.isascii() and can_read(table.encoding)


def _run_batches(
    table: ContactTable,
    used: Sequence[str],
    message: str,
    stop_clause: bool,
    options: ContactOptions,
    suppressed: Collection[str],
    changes: Changes | None,
    outputs: Outputs,
    telling: Telling,
) -> Tally:
    """Prepare a CSV list in batches."""
    from ovh_sms.contacts.csv_source import csv_batches
    from ovh_sms.contacts.engine import BatchJudge, run

    number_column = table.columns[table.number_index]
    judge = BatchJudge(
        number_column=number_column,
        used=used,
        message=message,
        stop_clause=stop_clause,
        options=options,
        suppressed=suppressed,
        changes=changes,
    )
    needed = tuple(dict.fromkeys((number_column, *used)))
    tally = run(csv_batches(table, needed, checked=options.encoding is None), judge, outputs, telling)
    if not tally.rows:
        raise no_contact(table.path)
    return tally


def written_columns(columns: Sequence[str], number_index: int, message: str) -> tuple[str, ...]:
    """Name the columns OVH is given: no more of a person's data leaves the house than the message needs.

    :param columns: the list's columns.
    :param number_index: the number's position in them.
    :param message: the campaign's message.
    :returns: ``number``, then the columns the message uses, in its order.
    :raises ContactsError: another column than the number's is called ``number``, and the message uses it.
    """
    used = placeholders(message)
    if NUMBER in used and columns[number_index] != NUMBER:
        raise ContactsError(
            f"The message uses #{NUMBER}#, but the list's number is in {columns[number_index]}.",
            action=f"Rename the column {NUMBER} in the list and in the message: OVH keeps that name for itself.",
        )
    return (NUMBER, *(name for name in used if name != NUMBER))
