"""The tables of each released version: ``python -m support.schemas`` freezes those of this version at its release."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from sqlalchemy import Engine, inspect

from ovh_sms.store import migrate
from ovh_sms.store.database import transaction
from ovh_sms.store.store import Store
from ovh_sms.store.tables import VERSION

FOLDER = Path(__file__).resolve().parents[1] / "schemas"


def released() -> list[str]:
    """The migrations that a release ended with, the oldest first."""
    return sorted(each.stem for each in FOLDER.glob("*.json"))


def make_tables(engine: Engine, revision: str) -> None:
    """Make the tables as they were at a migration."""
    config = migrate.alembic_config()
    with transaction(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def schema(engine: Engine) -> dict[str, Any]:
    """The tables with their columns, keys and indexes, as plain JSON values."""
    found = inspect(engine)
    return {
        table: {
            "columns": [
                f"{it['name']} {it['type']}{'' if it['nullable'] else ' NOT NULL'}" for it in found.get_columns(table)
            ],
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "refers_to": sorted(str(it["referred_table"]) for it in found.get_foreign_keys(table)),
            "indexes": sorted(f"{it['name']} {it['column_names']}" for it in found.get_indexes(table)),
        }
        for table in sorted(found.get_table_names())
        if table.startswith("ovh_sms_")
    }


def schema_at(revision: str) -> dict[str, Any]:
    """The tables that the migrations make up to one of them, in SQLite."""
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/results.sqlite")
        make_tables(store.database.engine, revision)
        made = schema(store.database.engine)
        store.close()
        return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{VERSION}.json"
    file.write_text(json.dumps(schema_at(VERSION), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{file}\n")
