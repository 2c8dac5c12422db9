"""Submissions: what went into each of them, what OVH answered, and when it was collected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Select, select, update

from ovh_sms.errors import ConfigurationError
from ovh_sms.metrics import MESSAGES_ENDED
from ovh_sms.store import tables
from ovh_sms.store.message_figures import MessageFigures
from ovh_sms.store.models import SubmissionRecord
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import upsert
from ovh_sms.store.write_retry import repeat_conflicts

_table = tables.submissions
#: Delivery statuses that are final, whose counts a collection stores.
ENDS = ("delivered", "failed", "expired")
# Found while sending and collecting: a repeated start must not wipe these.
_FOUND_LATER = {field.name for field in fields(SubmissionRecord) if field.default is None} - {"credits_estimated"}


class Submissions(Repository):
    """Submissions by tag."""

    def start(self, record: SubmissionRecord) -> None:
        """Record a submission; repeating it keeps what was added since.

        :param record: fields that are ``None`` stay as they are.
        """
        values = asdict(record)
        values["recorded_at"] = record.recorded_at or self.clock.now()
        kept = {name for name in _FOUND_LATER if getattr(record, name) is None}

        def write() -> None:
            with self.database.writing() as connection:
                upsert(connection, _table, [values], kept=kept)

        repeat_conflicts(self.clock, write)

    def finish(self, tag: str, figures: MessageFigures, *, complete: bool) -> None:
        """Record that the messages of a submission were collected, together with their figures.

        :raises ConfigurationError: there is no such submission.
        """
        collected = update(_table).where(_table.c.tag == tag)
        counted = {status: figures.count(status) for status in ENDS}
        counted["counted"] = figures.messages

        def write() -> Ended:
            with self.database.writing() as connection:
                ended = Ended.since_last(connection, tag, counted)
                connection.execute(collected.values(complete=complete, collected_at=self.clock.now(), **counted))
                upsert(connection, tables.figures, [{"tag": tag, "counts": figures.to_json()}])
            return ended

        repeat_conflicts(self.clock, write).record()

    def get(self, tag: str) -> SubmissionRecord:
        """Read one submission.

        :raises ConfigurationError: there is no such submission.
        """
        found = self._list(select(_table).where(_table.c.tag == tag))
        if not found:
            raise _unknown(tag)
        return found[0]

    def recorded(self, tags: Collection[str]) -> set[str]:
        """Return those of some tags whose submissions are in the results."""
        wanted, found = sorted(tags), set[str]()
        with self.database.reading() as connection:
            for start in range(0, len(wanted), 500):
                some = _table.c.tag.in_(wanted[start : start + 500])
                found.update(connection.execute(select(_table.c.tag).where(some)).scalars())
        return found

    def of_run(self, dag_id: str, run_id: str) -> list[SubmissionRecord]:
        """List the submissions of one DAG run, by tag."""
        query = select(_table).where(_table.c.dag_id == dag_id, _table.c.run_id == run_id)
        return self._list(query.order_by(_table.c.tag))

    def not_collected(self, dag_ids: Collection[str]) -> list[SubmissionRecord]:
        """List the runs of some DAGs with a batch that was sent and is not collected yet, the newest first.

        :returns: one submission of each run.
        """
        query = select(_table).where(_table.c.collected_at.is_(None), _table.c.sent_at.is_not(None))
        found = self._list(query.order_by(_table.c.sent_at.desc(), _table.c.tag))
        runs: dict[tuple[str, str], SubmissionRecord] = {}
        for each in found:
            if each.dag_id in dag_ids:
                runs.setdefault((each.dag_id, each.run_id), each)
        return list(runs.values())

    def to_collect_again(self, *, since: datetime, before: datetime) -> list[SubmissionRecord]:
        """List submissions whose last collection left messages open, and came before it could be the last.

        :param since: they were sent after it.
        :param before: and collected before it.
        """
        query = select(_table).where(
            _table.c.complete.is_(False), _table.c.sent_at >= since, _table.c.collected_at < before
        )
        return [each for each in self._list(query.order_by(_table.c.tag)) if each.is_provisional]

    def latest(
        self, limit: int = 50, offset: int = 0, *, dag_ids: Collection[str] | None = None
    ) -> list[SubmissionRecord]:
        """List submissions, the newest first.

        :param dag_ids: only those of these DAGs; of all by default.
        """
        query = select(_table).order_by(_table.c.recorded_at.desc(), _table.c.tag).limit(limit).offset(offset)
        if dag_ids is not None:
            # Airflow may know thousands of DAGs, more than a statement takes: only those that submit matter.
            with self.database.reading() as connection:
                known = set(connection.execute(select(_table.c.dag_id).distinct()).scalars())
            query = query.where(_table.c.dag_id.in_(known.intersection(dag_ids)))
        return self._list(query)

    def _list(self, query: Select[Any]) -> list[SubmissionRecord]:
        with self.database.reading() as connection:
            return [SubmissionRecord(**row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True)
class Ended:
    """Messages of a submission that ended since its last collection, by delivery status, for the metrics."""

    account: str
    campaign: str
    more: Mapping[str, int]

    @classmethod
    def since_last(cls, connection: Connection, tag: str, counted: Mapping[str, int]) -> Self:
        """Compare new counts with those of the last collection, before they are stored.

        :raises ConfigurationError: there is no such submission.
        """
        query = select(_table.c.account, _table.c.campaign, *(_table.c[name] for name in ENDS))
        row = connection.execute(query.where(_table.c.tag == tag).with_for_update()).mappings().first()
        if row is None:
            raise _unknown(tag)
        return cls(row["account"], row["campaign"], {name: counted[name] - (row[name] or 0) for name in ENDS})

    def record(self) -> None:
        """Record them, once they are stored."""
        for status, more in self.more.items():
            MESSAGES_ENDED.record(more, account=self.account, campaign=self.campaign, status=status)


def account_of(connection: Connection, tag: str) -> str:
    """Read the SMS account of a submission.

    :raises ConfigurationError: there is no such submission.
    """
    found: str | None = connection.execute(select(_table.c.account).where(_table.c.tag == tag)).scalar()
    if found is None:
        raise _unknown(tag)
    return found


def refuse_purged(connection: Connection, tag: str) -> None:
    """Refuse to store messages of a submission that is purged.

    :raises ConfigurationError: it is.
    """
    at = connection.execute(select(_table.c.purged_at).where(_table.c.tag == tag)).scalar()
    if at is not None:
        raise ConfigurationError(
            f"The messages of {tag} were removed on {at:%Y-%m-%d}, as OVH_SMS_RETENTION_DAYS asks.",
            action="Nothing was stored again. Its figures and its report are still there.",
        )


def _unknown(tag: str) -> ConfigurationError:
    return ConfigurationError(
        f"The results database has no submission with the tag {tag!r}.",
        action="Nothing was stored or reported. Check the tag, and that all tasks use the same results connection.",
    )
