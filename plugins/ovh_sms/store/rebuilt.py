"""Submissions that were lost with a database, and recorded again from what OVH shows."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, SUCCEEDED
from ovh_sms.store.repository import Repository

_table, _attempts = tables.submissions, tables.attempts
_AT_ONCE = 500


class Rebuilt(Repository):
    """Distinguishes submissions recorded from OVH's export from those that their own task recorded."""

    def not_to_touch(self, tags: Collection[str]) -> set[str]:
        """Return those of some tags whose submissions a task has recorded, or whose messages are purged.

        A task knows the digest of its list, which OVH does not show. Tests, answers and single SMS, which the journal
        knows by their tags, are no submissions of a campaign.
        """
        wanted, found = sorted(tags), set[str]()
        its_own = (_table.c.list_digest != "") | _table.c.purged_at.is_not(None)
        other = (_attempts.c.kind != BATCH) & (_attempts.c.state == SUCCEEDED)
        with self.database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = _table.c.tag.in_(wanted[start : start + _AT_ONCE])
                found.update(connection.execute(select(_table.c.tag).where(some, its_own)).scalars())
                some = _attempts.c.tag.in_(wanted[start : start + _AT_ONCE])
                found.update(connection.execute(select(_attempts.c.tag).where(some, other)).scalars())
        return found
