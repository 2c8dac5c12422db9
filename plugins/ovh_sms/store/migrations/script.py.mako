"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ovh_sms.store.migrations.refuse_downgrade import refuse_downgrade
from ovh_sms.store.tables import UtcDateTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Refuse to lose what the tables hold since."""
    refuse_downgrade()
