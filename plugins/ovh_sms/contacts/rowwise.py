"""Prepares a list row by row: plain and slow, for encodings the engine cannot read, and to check the engine against."""

from __future__ import annotations

from ovh_sms.contacts.judge import Accepted, RowJudge
from ovh_sms.contacts.outputs import Outputs
from ovh_sms.contacts.reader import ContactTable
from ovh_sms.contacts.tally import Tally
from ovh_sms.contacts.telling import Telling

_CLOCK_ROWS = 1_000


def run_rows(table: ContactTable, judge: RowJudge, outputs: Outputs, telling: Telling) -> Tally:
    """Judge, write and count every row.

    :param table: the open list.
    :param judge: decides on each row.
    :param outputs: receives the rows.
    :param telling: tells how far it is.
    :returns: the totals.
    """
    tally = Tally(judge.used)
    for record in table.records:
        tally.rows += 1
        verdict = judge.judge(record)
        if isinstance(verdict, Accepted):
            tally.add(verdict, outputs.batches.add(verdict))
        else:
            outputs.reject(verdict)
        if tally.rows % _CLOCK_ROWS == 0:
            telling(tally.rows, outputs.rejected.total())
    return tally
