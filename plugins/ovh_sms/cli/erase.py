"""``ovh-sms erase``: remove a person from results and files."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, Results
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError


def erase_person(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="Phone number; '-' reads it from stdin, so that no shell keeps it.")
    ],
    region: Annotated[str, typer.Option(help="Country of a number without its country code.")] = "FR",
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Erase a person: from messages, opt-outs, replies, single SMS and the files of runs that are over.

    Lists of runs that may still be sent, cancelled or reconciled stay as they are until those are over; the DAG
    sms_retention then erases the person there. Somebody who said STOP is never written to again: a keyed digest stays.
    """
    from ovh_sms.sending.retention import erase_pending

    e164 = _read(sys.stdin.readline() if number == "-" else number, region)
    store = results_store(results)
    erased = store.personal_data.ask_to_erase(e164)
    done = erase_pending(store)
    found = {**erased._asdict(), "rows": done.erased_rows, "pending": done.to_erase > 0}
    later = "later by sms_retention" if found["pending"] else "complete"
    counts = f"messages={erased.messages} opt_outs={erased.opt_outs} replies={erased.replies} outbox={erased.outbox}"
    detail = f"{counts} rows={done.erased_rows} {later}"
    store.audit.record("erase", getpass.getuser(), detail, store.audit.digest_of(e164))
    rest = (
        "Runs that are not over may hold the number in their lists: these may still be sent, cancelled or reconciled. "
        "The DAG sms_retention erases it there once they are over, 14 days after their last message at the latest."
        if found["pending"]
        else "Nothing is left of it here."
    )
    show(
        f"Erased from {erased.messages} messages, {erased.opt_outs} opt-outs, {erased.replies} replies, "
        f"{erased.outbox} single SMS and {done.erased_rows} rows of files. {rest} "
        "Remove it from your contact lists yourself; OVH keeps its own history.",
        found,
        as_json=as_json,
    )


def _read(written: str, region: str) -> str:
    """Read a number; an error does not repeat it."""
    from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

    found = normalise(written.strip(), region=region, allow_fiction=True, also_accept=EVERY_TYPE)
    if found.e164 is None:
        why = found.reason.meaning if found.reason else "no such phone number can exist"
        raise ConfigurationError(
            f"The number cannot be read: {why}.", action="Nothing was erased. Write it with its country code: +33…."
        )
    return found.e164
