"""What was sent and what became of it, kept in one SQL database (SQLite or PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, select, update

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import attempts, identity, opt_outs, tables
from ovh_sms.store.engine import writing
from ovh_sms.store.models import MESSAGE_FIELDS, NOT_EXECUTED, SUCCEEDED, Attempt, Message, OptOut, Submission
from ovh_sms.store.reader import ResultsReader
from ovh_sms.store.upsert import insert_missing, upsert

# What sending and collecting find out: a repeated start must not wipe it.
_FOUND_LATER = {
    "submitted",
    "invalid",
    "jobs",
    "credits_spent",
    "prepared_at",
    "sent_at",
    "collected_at",
    "complete",
}
_message_values: Callable[[Message], tuple[Any, ...]] = attrgetter(*MESSAGE_FIELDS)


class ResultsStore(ResultsReader):
    """The results of all campaigns. Opens nothing until first used; safe to use from several tasks at once.

    :param url: ``sqlite:////path/results.sqlite`` or ``postgresql://user:password@host/name``.
    :raises ConfigurationError: at first use, when the database cannot hold results.
    """

    def start_submission(self, run: Submission) -> None:
        """Put a sending on record before it is sent; repeating it keeps what was found out since.

        :param run: the sending; fields that are ``None`` stay as they are.
        """
        values = asdict(run)
        values["prepared_at"] = run.prepared_at or datetime.now(UTC)
        kept = {name for name in _FOUND_LATER if getattr(run, name) is None}
        with writing(self.engine) as connection:
            upsert(connection, tables.campaigns, [values], kept=kept)

    def finish_submission(self, tag: str, *, complete: bool, collected_at: datetime) -> None:
        """Record that the delivery receipts of a sending were collected.

        :param tag: the sending.
        :param complete: whether every message was final.
        :param collected_at: when, aware.
        :raises ConfigurationError: no such sending.
        """
        self._change(tag, complete=complete, collected_at=collected_at)

    def claim(self, tag: str, report_run: str) -> bool:
        """Take a sending over for its report; one run alone gets it, and gets it again when it asks again.

        :param tag: the sending.
        :param report_run: the DAG run that would report on it.
        :returns: whether it is this run's.
        """
        values = {"tag": tag, "report_run": report_run, "claimed_at": datetime.now(UTC)}
        with writing(self.engine) as connection:
            insert_missing(connection, tables.claims, values)
            owner = select(tables.claims.c.report_run).where(tables.claims.c.tag == tag)
            return bool(connection.execute(owner).scalar_one() == report_run)

    def identity(self) -> str:
        """Tell these results from others, which know nothing of what was sent.

        :returns: 32 characters, made at random with the tables; always the same for one database.
        """
        with self.engine.connect() as connection:
            found = identity.known(connection)
        if found is None:  # somebody has emptied the table
            with writing(self.engine, durable=True) as connection:
                found = identity.keep(connection)
        return found

    def claim_attempt(
        self,
        post: Attempt,
        *,
        duplicate_window: timedelta,
        force: bool,
        in_flight_window: timedelta,
        now: datetime | None = None,
    ) -> bool:
        """Take an attempt to hand a sending or an order to OVH; one process alone gets it.

        All of it is one transaction that keeps out everybody else of the account, killed or not.

        :param post: the attempt; its holder gets it again when it asks again.
        :param duplicate_window: how long the same message does not go to the same list again.
        :param force: let it go there again all the same.
        :param in_flight_window: how long a sending that is not decided keeps other runs of its campaign waiting.
        :param now: the time; the database's own where not given, as the clocks of several workers differ.
        :returns: whether this holder may make the attempt. If not, another process has it or had it, or has begun
            a later one, or the sending is known to be done: look it up at OVH.
        :raises DuplicateSubmission: another sending had the same message and list within ``duplicate_window``, or that of another
            run the same message and contact list; not with ``force``.
        :raises SubmissionInFlight: another run of the campaign is sending right now.
        :raises RunCancelled: a person has stopped the run.
        :raises ConfigurationError: the tag is another sending's.
        """
        with writing(self.engine, durable=True) as connection:
            attempts.alone(connection, post.account)
            held = attempts.claim(connection, post)
            if held is not None:
                return held
            at = now or attempts.moment(connection)
            wanted = None if force else duplicate_window
            attempts.guard(connection, post, at, duplicate_window=wanted, in_flight_window=in_flight_window)
            return attempts.keep(connection, post, at)

    def close_attempt(
        self,
        tag: str,
        attempt: int,
        state: str,
        *,
        answer: dict[str, Any] | None = None,
        job_ids: Sequence[int] | None = None,
    ) -> bool:
        """Put on record that an attempt reached OVH, or that it certainly did not; repeating it is harmless.

        What is known to be done stays done, so a late ``void`` changes nothing.

        :param tag: the sending or order.
        :param attempt: which attempt.
        :param state: ``done`` or ``void``.
        :param answer: what OVH answered, or what was found of it; the first one stays.
        :param job_ids: OVH's ids of the messages.
        :returns: whether the results hold this attempt in that state now.
        """
        if state not in {SUCCEEDED, NOT_EXECUTED}:
            raise ValueError(f"An attempt is closed as {SUCCEEDED} or {NOT_EXECUTED}, not as {state!r}.")
        with writing(self.engine, durable=True) as connection:
            return attempts.close(connection, tag, attempt, state, answer=answer, job_ids=job_ids)

    def cancel_run(self, dag_id: str, run_id: str) -> None:
        """Hand nothing more to OVH for a run from now on; repeating it is harmless.

        :param dag_id: Airflow's DAG.
        :param run_id: its run.
        """
        values = {"dag_id": dag_id, "run_id": run_id, "at": datetime.now(UTC)}
        with writing(self.engine, durable=True) as connection:
            insert_missing(connection, tables.stopped, values)

    def withdraw(self, tag: str, *, account: str, job_id: int, refunded: float) -> None:
        """Keep, right before it is deleted at OVH, that a waiting message is taken back; repeating it is harmless.

        :param tag: the sending it belonged to.
        :param account: SMS account.
        :param job_id: OVH's id of the message while it waited.
        :param refunded: credits that OVH gives back for it.
        """
        values = {"tag": tag, "account": account, "job_id": job_id, "credits": refunded}
        with writing(self.engine) as connection:
            insert_missing(connection, tables.withdrawn, values | {"at": datetime.now(UTC)})

    def not_withdrawn(self, *, account: str, job_id: int) -> None:
        """Forget that a waiting message was to be deleted at OVH: it had left.

        :param account: SMS account.
        :param job_id: OVH's id of the message while it waited.
        """
        table = tables.withdrawn
        with writing(self.engine) as connection:
            connection.execute(delete(table).where(table.c.account == account, table.c.job_id == job_id))

    def store_messages(self, tag: str, rows: Iterable[Message], *, batch: int = 5000) -> int:
        """Keep the messages of a sending; the same message again replaces its older state.

        Each batch is kept at once, so an error in the source loses none before it, and repeating is harmless.

        :param tag: the sending.
        :param rows: read one batch at a time.
        :param batch: messages per transaction.
        :returns: how many messages of this sending the results now hold.
        :raises ConfigurationError: no such sending, or a message of another one.
        """
        account = self._known(tag).account
        source = iter(rows)
        while chunk := list(islice(source, batch)):
            values = [_with_account(account, tag, row) for row in chunk]
            with writing(self.engine) as connection:
                upsert(connection, tables.messages, values)
        return self.message_count(tag)

    def store_opt_outs(self, tag: str, rows: Iterable[OptOut]) -> int:
        """Keep who answered STOP to a sending; the same person counts once, for one sending.

        Where OVH names no message, the STOP answers the latest message the account sent that person: it is
        kept for this sending if that is one of its own, and then taken from an earlier one that had it.

        :param tag: the sending, whose messages are stored already.
        :param rows: one per person.
        :returns: how many people have answered STOP to this sending so far.
        :raises ConfigurationError: no such sending.
        """
        account = self._known(tag).account
        found = list(rows)
        with writing(self.engine) as connection:
            opt_outs.one_at_a_time(connection, account)
            ours = opt_outs.answering(connection, account, tag, found)
            upsert(connection, tables.stops, [{"tag": tag, **asdict(row)} for row in ours])
            opt_outs.take_from_others(connection, account, tag, ours)
        return self.opt_out_count(tag)

    def _change(self, tag: str, **values: Any) -> None:
        statement = update(tables.campaigns).where(tables.campaigns.c.tag == tag).values(**values)
        with writing(self.engine) as connection:
            changed = connection.execute(statement).rowcount
        if not changed:
            raise _unknown(tag)

    def _known(self, tag: str) -> Submission:
        run = self.campaign(tag)
        if run is None:
            raise _unknown(tag)
        return run


def _unknown(tag: str) -> ConfigurationError:
    return ConfigurationError(
        f"The results hold no sending with the tag {tag!r}.",
        action="Prepare the campaign first, or check that both tasks name the same results connection.",
    )


def _with_account(account: str, tag: str, row: Message) -> dict[str, Any]:
    if row.tag != tag:
        raise ConfigurationError(
            f"Message {row.outgoing_id} belongs to the sending {row.tag!r}, not to {tag!r}.",
            action="Collect each sending by its own tag.",
        )
    values = dict(zip(MESSAGE_FIELDS, _message_values(row), strict=True))
    values["account"] = account
    return values
