"""Sends the outbox without Airflow's scheduler: a program that runs without end, for rows that must leave at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import ovh_hook, read_variable, results_store, set_variable
from ovh_sms.cli.output import progress
from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError, JournalUnavailable, OvhSmsError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ovh_sms.outbox.dispatch import OutboxDispatcher
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Seconds between two reads of the table, and after an error.
EVERY, AFTER_ERROR = 0.3, 5.0
#: The same of the folder of files, which may be one of a storage.
EVERY_FILES, FILES_AFTER_ERROR = 3.0, 30.0
QUIET_PERIOD, RECONCILE_TIMEOUT = timedelta(minutes=2), timedelta(minutes=20)


@dataclass(kw_only=True)
class DroppedFiles:
    """The folder of files, which is read every few seconds; an error is written, and it is read again later."""

    address: str
    allow_fiction: bool
    _next_at: float = field(default=float("-inf"), init=False)

    def queue(self, store: Store) -> None:
        """Queue the rows of complete files."""
        from ovh_sms.hooks.outbox_folder import outbox_folder
        from ovh_sms.outbox.files import take_files

        clock = SystemClock()
        if clock.monotonic() < self._next_at:
            return
        self._next_at = clock.monotonic() + EVERY_FILES
        try:
            taken = take_files(store, outbox_folder(self.address), clock, allow_fiction=self.allow_fiction)
        except (ConfigurationError, SourceUnavailable) as error:
            self._next_at = clock.monotonic() + FILES_AFTER_ERROR
            progress(str(error))
            return
        if taken.files:
            progress(f"files={taken.files} rows={taken.queued} rejected={taken.rejected}")
        for name in taken.refused:
            progress(f"The file {name} is no list of rows. Nothing of it was queued; it is called {name}.refused now.")


def watch_outbox(
    connection: str, account: str | None, results: str, *, folder: str, declared_countries: Sequence[str]
) -> None:
    """Send rows as they come, without end. The rows that name no account are sent, too, unless one is given.

    :param account: SMS account; the connection's own if ``None``.
    :param folder: path or address of the folder of files.
    :param declared_countries: countries in which the senders are declared to their operators.
    :raises JournalUnavailable: the results database is not the one of the other workers.
    :raises ConfigurationError: the connection is wrong.
    """
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.outbox.dispatch import OutboxDispatcher

    store, hook = results_store(results), ovh_hook(connection, account, CallClass.WRITE)
    quiet = max(QUIET_PERIOD, timedelta(seconds=2 * hook.settings.timeout_seconds))
    dispatcher = OutboxDispatcher(
        client=hook.client,
        store=store,
        task=TaskTry(is_last=False, is_deferrable=True, log=log),
        policy=ReconcilePolicy(quiet_period=quiet, reconcile_timeout=RECONCILE_TIMEOUT),
        clock=SystemClock(),
        takes_unnamed=account is None,
        declared_countries=declared_countries,
    )
    files = DroppedFiles(address=folder, allow_fiction=hook.is_sandbox)
    progress(f"Sending the outbox of {hook.account}, and the files of {folder}. Ctrl-C ends it.")
    if "://" not in folder and not Path(folder).is_dir():
        progress(f"There is no folder {folder} yet. No file is read until it is there.")
    while True:
        send_once(dispatcher, store, results, files)


def send_once(dispatcher: OutboxDispatcher, store: Store, results: str, files: DroppedFiles) -> None:
    """Send what waits now, then pause; an error is written, and what waits is tried again."""
    clock = SystemClock()
    try:
        files.queue(store)
        if store.outbox.newest_waiting() is None:
            dispatcher.warm_up()
        else:
            _check(store, results)
            found = dispatcher.run()
            if found.groups:
                progress(f"groups={found.groups} rows={dict(found.by_state)} credits={found.credits_spent:g}")
                _note(store, results)
    except (ConfigurationError, JournalUnavailable):
        raise
    except OvhSmsError as error:
        progress(str(error))
        clock.sleep(AFTER_ERROR)
    clock.sleep(EVERY)


def _check(store: Store, results: str) -> None:
    """Refuse a results database that is not the one of all workers; its Variable is read as the command does."""
    from ovh_sms.hooks.store_identity import StoreMark, check_mark, variable_name

    check_mark(store, results, StoreMark.parse(read_variable(variable_name(results))))


def _note(store: Store, results: str) -> None:
    from ovh_sms.hooks.store_identity import StoreMark, variable_name

    name, here = variable_name(results), StoreMark.of(store)
    try:
        known = StoreMark.parse(read_variable(name))
        if known is not None and known.attempts < here.attempts:
            set_variable(name, str(here))
    except ConfigurationError as error:  # a lower number is right too, only less useful
        progress(str(error))
