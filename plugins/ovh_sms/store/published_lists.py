"""The prepared list that each run sends, with the campaign's content: frozen once a batch of it may be at OVH."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, exists, select, tuple_

from ovh_sms.errors import RequestChanged
from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account, shared_time
from ovh_sms.store.campaign_approvals import require
from ovh_sms.store.models import BATCH, OVER, Attempt
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import upsert

_table = tables.published_lists
#: What a published content may say of a submission.
CONTENT = ("message", "sender", "sender_for_response", "user", "stop_clause")


@dataclass(frozen=True, kw_only=True)
class PublishedList:
    """The list that a run sends, and the content it sends: what a file says later takes effect in the next run.

    :param list_tag: names the list within all runs: the tag of the task that sends it.
    :param digest: digest of the run's prepared list.
    :param folder: folder of its files.
    :param content: the campaign's message and the terms it was prepared with; no phone numbers.
    :param published_at: the store fills it in.
    """

    list_tag: str
    dag_id: str
    run_id: str
    account: str
    digest: str
    folder: str
    content: dict[str, Any]
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedList:
    """The list and the content that a batch is about to be sent with.

    :param digest: digest of the run's prepared list.
    :param folder: folder of its files.
    :param content: a value for each name of :data:`CONTENT`.
    :param needs_approval: the task knows that a person must approve the run.
    """

    digest: str
    folder: str
    content: dict[str, Any]
    needs_approval: bool = False


_COLUMNS = [_table.c[field.name] for field in fields(PublishedList)]


class PublishedLists(Repository):
    """One prepared list for each task that sends one."""

    def publish(self, wanted: PublishedList, *, needs_approval: bool = False) -> tuple[PublishedList, str]:
        """Publish the list of a run, or return the one that the run must keep.

        :param needs_approval: a person must approve this list before any batch of it is uploaded or claimed.
        :returns: the list that the run sends: ``wanted``; or the one published before, if it is the same list, or a
            batch of the run is at OVH, or may be. And the folder of the list that it replaces; empty if there is none.
        """
        with self.database.writing(durable=True) as connection:
            lock_account(connection, wanted.account)
            earlier = _find(connection, _table.c.list_tag == wanted.list_tag)
            same = earlier and (earlier.digest, earlier.content) == (wanted.digest, wanted.content)
            if earlier is not None and has_started(connection, wanted.dag_id, wanted.run_id):
                return earlier, ""
            now = shared_time(connection, self.clock)
            require(connection, wanted, now, is_required=needs_approval)
            if earlier is not None and same:
                return earlier, ""
            values = asdict(wanted) | {"published_at": now}
            upsert(connection, _table, [values])
            return wanted, earlier.folder if earlier else ""

    def frozen(self, list_tag: str) -> PublishedList | None:
        """Find the list that a run must keep, as a batch of the run is at OVH, or may be."""
        with self.database.reading() as connection:
            found = _find(connection, _table.c.list_tag == list_tag)
            return found if found and has_started(connection, found.dag_id, found.run_id) else None

    def has_started(self, dag_id: str, run_id: str) -> bool:
        """Return whether a batch of a run is at OVH, or may be."""
        with self.database.reading() as connection:
            return has_started(connection, dag_id, run_id)

    def get(self, dag_id: str, run_id: str, digest: str) -> PublishedList | None:
        """Find a list of a run by its digest; ``None`` if the run published none: its list comes from elsewhere.

        :raises RequestChanged: the run published another list.
        """
        with self.database.reading() as connection:
            return find_published(connection, dag_id, run_id, digest)

    def is_published(self, folder: Path) -> bool:
        """Return whether any run has published the list of a folder, under any path of the data folder."""
        same = _table.c.folder.endswith(f"/{folder.parent.name}/{folder.name}", autoescape=True)
        with self.database.reading() as connection:
            return bool(connection.execute(select(exists().where(same))).scalar())

    def marketing(self) -> set[str]:
        """Return the messages of all marketing campaigns that were published, before merging."""
        with self.database.reading() as connection:
            contents = connection.execute(select(_table.c.content)).scalars()
            # A list that was published without it is sent with the STOP clause.
            return {each["message"] for each in contents if each.get("stop_clause", True)}

    def messages_of(self, runs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return the messages of some runs as they were prepared, before merging.

        :param runs: DAG and run of each.
        :returns: by DAG and run; one that published several messages, or none, is left out.
        """
        here = tuple_(_table.c.dag_id, _table.c.run_id).in_(list(runs))
        query = select(_table.c.dag_id, _table.c.run_id, _table.c.content).where(here)
        found: dict[tuple[str, str], set[str]] = {}
        with self.database.reading() as connection:
            for dag_id, run_id, content in connection.execute(query):
                found.setdefault((dag_id, run_id), set()).add(content["message"])
        return {run: texts.pop() for run, texts in found.items() if len(texts) == 1}

    def of_run(self, dag_id: str, run_id: str) -> list[PublishedList]:
        """List what a run published."""
        query = select(*_COLUMNS).where(_table.c.dag_id == dag_id, _table.c.run_id == run_id)
        with self.database.reading() as connection:
            return [PublishedList(**row) for row in connection.execute(query).mappings()]


def find_published(connection: Connection, dag_id: str, run_id: str, digest: str) -> PublishedList | None:
    """Do what :meth:`PublishedLists.get` does, within a transaction."""
    here = and_(_table.c.dag_id == dag_id, _table.c.run_id == run_id)
    found = _find(connection, and_(here, _table.c.digest == digest))
    if found is None and connection.execute(select(exists().where(here))).scalar():
        raise RequestChanged(
            "The list of this run was prepared again after this batch was made.",
            action="Nothing was sent. Clear the task that splits the list into batches, and what follows it.",
        )
    return found


def check_published(connection: Connection, attempt: Attempt, planned: PlannedList) -> PublishedList | None:
    """Refuse a batch of a list or with a content that its run has not published; within the claim's transaction.

    :returns: the published list, which is the planned one; ``None`` if the run has published none.
    :raises RequestChanged: the run was prepared again after the task had read its list and content.
    """
    found = find_published(connection, attempt.dag_id, attempt.run_id, planned.digest)
    if found is None:
        return None
    changed = [name for name, value in found.content.items() if planned.content.get(name) != value]
    if found.folder != planned.folder:
        changed = changed or ["folder of the list"]
    if changed:
        raise RequestChanged(
            f"This run was prepared again while this task was about to send: another {' and '.join(changed)} is "
            "published now.",
            action="Nothing was sent. Clear the task that prepares the list, and what follows it: the list is checked "
            "and sent with the content that is published then.",
        )
    return found


def _find(connection: Connection, where: Any) -> PublishedList | None:
    row = connection.execute(select(*_COLUMNS).where(where).limit(1)).mappings().first()
    return PublishedList(**row) if row else None


def has_started(connection: Connection, dag_id: str, run_id: str) -> bool:
    """Do what :meth:`PublishedLists.has_started` does, within a transaction."""
    it = tables.attempts.c
    live = and_(it.dag_id == dag_id, it.run_id == run_id, it.kind == BATCH, it.state.not_in(OVER))
    return bool(connection.execute(select(exists().where(live))).scalar())
