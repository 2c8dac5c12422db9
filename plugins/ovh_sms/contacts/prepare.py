"""Prepares a contact list for OVH: who gets an SMS, who does not and why, and what it costs.

What OVH does with quotes in a list is not documented. A value with ``;`` or ``"`` is quoted as in RFC 4180; a
value with a line break is rejected, as a reader that ignores quotes would take its second line for a number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ovh_sms.contacts.judge import Accepted, RowJudge
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.outputs import Outputs
from ovh_sms.contacts.prepared import PreparedList, check_accounting
from ovh_sms.contacts.reader import ContactTable, open_contacts
from ovh_sms.contacts.tally import Tally
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.merge import check_placeholders, placeholders

#: Name OVH wants for the number's column.
NUMBER = "number"
#: Progress is reported after so many rows, or after so many seconds.
PROGRESS_ROWS, PROGRESS_SECONDS, _CLOCK_ROWS = 50_000, 1.0, 1_000

Progress = Callable[[int, int], None]


def prepare(
    source: Path,
    *,
    out: Path,
    message: str,
    stop_clause: bool,
    options: ContactOptions | None = None,
    suppressed: Collection[str] = (),
    progress: Progress | None = None,
) -> PreparedList:
    """Turn a contact list into the list OVH is given, and account for every row of it.

    Writes ``prepared.csv``, ``rejects.csv`` and ``prepared.json`` to a folder, all or none. The same list,
    message and options give the same files.

    :param source: the contact list, a local file.
    :param out: the folder; it is made if need be.
    :param message: the campaign's message, with ``#column#`` for values of the list.
    :param stop_clause: whether OVH will append the STOP clause (marketing).
    :param options: how to read the list; by default everything is found by looking.
    :param suppressed: numbers that get no SMS, as OVH's blacklist.
    :param progress: called with rows read and rows rejected so far, about once a second and at the end.
    :returns: the manifest; ``accepted`` may be 0, which is for the caller to judge.
    :raises ContactsError: the list or the message cannot be used; nothing was written.
    :raises ConfigurationError: an option cannot be meant.
    :raises AccountingError: rows in are not accepted + rejected, a defect; nothing was written.
    """
    options = options or ContactOptions()
    options.check()
    with open_contacts(source, options) as table:
        check_placeholders(message, table.columns)
        written = written_columns(table.columns, table.number_index, message)
        judge = RowJudge(
            columns=table.columns,
            number_index=table.number_index,
            used=written[1:],
            message=message,
            stop_clause=stop_clause,
            options=options,
            suppressed=suppressed,
        )
        with Outputs(out, written) as outputs:
            tally = _run(table, judge, outputs, progress)
            digest = outputs.finish()
            check_accounting(rows=tally.rows, accepted=outputs.accepted, rejected=outputs.rejected)
            manifest = PreparedList(
                source=source,
                list_path=outputs.list_path,
                rejects_path=outputs.rejects_path,
                encoding=table.encoding,
                separator=table.separator,
                columns=table.columns,
                used_columns=written,
                accepted=outputs.accepted,
                rejected=dict(sorted(outputs.rejected.items())),
                digest=digest,
                **tally.totals(),
            )
            outputs.publish(manifest)
    return manifest


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


def _run(table: ContactTable, judge: RowJudge, outputs: Outputs, progress: Progress | None) -> Tally:
    """Judge, write and count every row."""
    tally = Tally(judge.used)
    reported, due = 0, time.monotonic() + PROGRESS_SECONDS
    for record in table.records:
        tally.rows += 1
        verdict = judge.judge(record)
        if isinstance(verdict, Accepted):
            outputs.accept(verdict)
            tally.add(verdict)
        else:
            outputs.reject(verdict)
        if progress and tally.rows % _CLOCK_ROWS == 0:
            now = time.monotonic()
            if now >= due or tally.rows - reported >= PROGRESS_ROWS:
                progress(tally.rows, outputs.rejected.total())
                reported, due = tally.rows, now + PROGRESS_SECONDS
    if progress:
        progress(tally.rows, outputs.rejected.total())
    return tally
