"""Tables of every released version are brought to this one, and keep what they hold."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, LargeBinary, MetaData, Table, insert, select, text
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Numeric, String

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import migrate
from ovh_sms.store.database import check_version, transaction
from ovh_sms.store.store import Store
from ovh_sms.store.tables import VERSION
from support.schemas import FOLDER, make_tables, released, schema, schema_at

#: The release to come, as if somebody changed a table that others refer to.
NEXT = '''"""A change of tomorrow."""
import sqlalchemy as sa
from alembic import op
from ovh_sms.store.migrations.refuse_downgrade import refuse_downgrade
revision, down_revision, branch_labels, depends_on = "9000", "{head}", None, None
def upgrade():
    with op.batch_alter_table("ovh_sms_submissions", recreate="auto") as table:
        table.add_column(sa.Column("note", sa.String(20), nullable=False, server_default="none"))
        table.alter_column("campaign", type_=sa.String(400), existing_type=sa.String(250), existing_nullable=False)
{more}
def downgrade():
    refuse_downgrade()
'''


@pytest.fixture
def engine(url: str, tmp_path: Path) -> Any:
    (tmp_path / "a folder").mkdir()
    store = Store(url)
    yield store.database.engine
    store.close()


def with_next(folder: Path, more: str = "") -> Config:
    """The migrations with one more behind them."""
    (folder / "tomorrow.py").write_text(NEXT.format(head=VERSION, more=more), encoding="utf-8")
    config = migrate.alembic_config()
    own = Path(str(config.get_main_option("script_location"))) / "versions"
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{own}\n{folder}")
    return config


def a_value(column: Any) -> Any:
    kinds: list[tuple[Any, Any]] = [
        *((Boolean, True), (DateTime, datetime(2026, 3, 1, tzinfo=UTC)), (JSON, {}), (LargeBinary, b"x")),
        *((Date, date(2026, 3, 1)), (String, "x"), (Numeric, 1.5)),
    ]
    return next((value for kind, value in kinds if isinstance(column.type, kind)), 1)


def fill(engine: Engine) -> None:
    """Write one row into each table."""
    metadata = MetaData()
    metadata.reflect(engine, only=lambda name, _: name.startswith("ovh_sms_") and name != "ovh_sms_version")
    with transaction(engine) as connection:
        for table in metadata.sorted_tables:
            connection.execute(insert(table).values({each.name: a_value(each) for each in table.columns}))


def rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    metadata = MetaData()
    metadata.reflect(engine, only=lambda name, _: name.startswith("ovh_sms_") and name != "ovh_sms_version")

    def of(connection: Any, table: Table) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(select(table)).mappings()]

    with engine.connect() as connection:
        return {table.name: of(connection, table) for table in metadata.sorted_tables}


def go_back(engine: Engine) -> None:
    config = migrate.alembic_config()
    with transaction(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


@pytest.mark.parametrize("revision", sorted({*released(), VERSION}))
def test_rows_of_every_released_version_are_kept(engine: Engine, revision: str, tmp_path: Path) -> None:
    make_tables(engine, revision)
    fill(engine)
    before = rows(engine)
    assert all(before.values()), "each table has a row"
    migrate.migrate_to_head(engine, migrate.alembic_config())
    migrate.migrate_to_head(engine, with_next(tmp_path))
    after = rows(engine)
    for table, held in before.items():
        kept = [{name: row.get(name) for name in held[0]} for row in after[table]]
        assert held[0] in kept
    assert [row["note"] for row in after["ovh_sms_submissions"]] == ["none"]


def test_a_migration_that_fails_leaves_the_tables_as_they_were(engine: Engine, tmp_path: Path) -> None:
    make_tables(engine, VERSION)
    fill(engine)
    before = schema(engine), rows(engine)
    with pytest.raises(ZeroDivisionError):
        migrate.migrate_to_head(engine, with_next(tmp_path, more="    1 / 0"))
    assert (schema(engine), rows(engine)) == before
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM ovh_sms_version")).scalar_one() == VERSION


def test_a_migration_that_would_lose_rows_that_others_refer_to_changes_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/results.sqlite")
    engine = store.database.engine
    make_tables(engine, VERSION)
    fill(engine)
    before = rows(engine)
    with pytest.raises(ConfigurationError, match=r"would lose rows.*Nothing was changed"):
        migrate.migrate_to_head(engine, with_next(tmp_path, more='    op.execute("DELETE FROM ovh_sms_submissions")'))
    assert rows(engine) == before
    store.close()


def test_no_migration_goes_back(engine: Engine) -> None:
    make_tables(engine, VERSION)
    fill(engine)
    before = rows(engine)
    with pytest.raises(ConfigurationError, match="cannot go back"):
        go_back(engine)
    assert rows(engine) == before
    with pytest.raises(ConfigurationError, match="Update the package"):  # an older package on these tables
        check_version("9000")


def test_released_tables_are_never_changed_but_by_a_new_migration() -> None:
    for revision in released():
        frozen = json.loads((FOLDER / f"{revision}.json").read_text(encoding="utf-8"))
        assert schema_at(revision) == frozen, f"the migration {revision} is released: add a new one instead"
    made = schema_at(VERSION)
    assert json.loads(json.dumps(made)) == made, "it can be frozen"
    assert "tag VARCHAR(20) NOT NULL" in made["ovh_sms_messages"]["columns"]
