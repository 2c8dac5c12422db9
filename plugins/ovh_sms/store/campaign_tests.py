"""Test messages of campaigns: which were started, and what became of them. They are in no figure and no rate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from ovh_sms.store.campaign_test_tables import campaign_tests as _table
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

#: What became of a test message; it is under way, or its outcome is unknown, while it has no state.
SENT, REFUSED, OPTED_OUT, BEFORE_RESTORE = "sent", "refused", "opted_out", "before_restore"

_it = _table.c


@dataclass(frozen=True, kw_only=True)
class CampaignTest:
    """One test message of a campaign.

    :param message_key: names the receiver with the text, by a keyed digest.
    :param dag_id: of the run that sent it; empty, as its ``run_id``, if a person sent it with the command.
    :param by: who sent it with the command, or started the run.
    :param receiver: number of the receiver, masked.
    :param kinds: what the text stands for, such as ``shortest, first``.
    :param state: what became of it; ``None`` while it is under way, or its outcome is unknown.
    :param credits: credits that OVH took for it.
    """

    tag: str
    message_key: str
    account: str
    campaign: str
    dag_id: str = ""
    run_id: str = ""
    by: str
    receiver: str
    kinds: str
    started_at: datetime | None = None
    state: str | None = None
    ended_at: datetime | None = None
    credits: float | None = None


class CampaignTests(Repository):
    """Test messages by their tags."""

    def start(self, test: CampaignTest) -> None:
        """Note that a test message is started, before anything is claimed; a further try keeps the first note."""
        row = {**vars(test), "started_at": self.clock.now()}
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, _table, row)

    def end(self, tag: str, state: str, *, credits_spent: float | None = None) -> None:
        """Note what became of a test message; one that was sent is never noted as anything else."""
        here = and_(_it.tag == tag, _it.state.is_(None) if state != SENT else _it.state.is_distinct_from(SENT))
        with self.database.writing() as connection:
            values = {"state": state, "ended_at": self.clock.now(), "credits": credits_spent}
            connection.execute(update(_table).where(here).values(values))

    def under_way(self, account: str, message_key: str) -> str | None:
        """Find the tag of a person's own test message that was started and has not ended; ``None`` without one."""
        here = (_it.account == account, _it.message_key == message_key, _it.run_id == "", _it.state.is_(None))
        with self.database.reading() as connection:
            found: str | None = connection.execute(select(_it.tag).where(*here).order_by(_it.started_at)).scalar()
        return found

    def of_run(self, dag_id: str, run_id: str) -> list[CampaignTest]:
        """List the test messages of a run, the first one first."""
        return self._list(_it.dag_id == dag_id, _it.run_id == run_id)

    def by_hand(self, campaign: str, since: datetime) -> list[CampaignTest]:
        """List the test messages of a campaign that people sent with the command since a moment, the first one first.

        :param since: aware.
        """
        return self._list(_it.campaign == campaign, _it.run_id == "", _it.started_at >= since)

    def of_tags(self, tags: list[str]) -> list[CampaignTest]:
        """List some test messages, the first one first."""
        return self._list(_it.tag.in_(tags))

    def _list(self, *where: ColumnElement[bool]) -> list[CampaignTest]:
        columns = [_it[each.name] for each in fields(CampaignTest)]
        query = select(*columns).where(*where).order_by(_it.started_at, _it.tag)
        with self.database.reading() as connection:
            return [CampaignTest(**row) for row in connection.execute(query).mappings()]
